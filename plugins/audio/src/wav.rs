//! RIFF WAV: PCM with 8, 16, 24 or 32 bits and 32-bit float, in any number of channels.
//!
//! Source: "Multimedia Programming Interface and Data Specifications 1.0" (RIFF) and Microsoft's WAVEFORMATEXTENSIBLE.
//! Not read: RF64, compressed formats, 64-bit float.

use crate::{Clip, Unusable};

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xFFFE;
/// The last 14 bytes of every KSDATAFORMAT_SUBTYPE; the first two are a format of the list above.
const SUBTYPE_TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];
/// The length that a program writes when it streams and does not know the length yet.
const STREAMED: usize = u32::MAX as usize;

struct Format {
    encoding: Encoding,
    channels: usize,
    rate: u32,
}

#[derive(Clone, Copy)]
enum Encoding {
    Unsigned8,
    Signed16,
    Signed24,
    Signed32,
    Float32,
}

/// Decodes a file to one channel: the mean of all its channels.
pub fn decode(file: &[u8]) -> Result<Clip<'static>, Unusable> {
    let (format, data) = chunks(file)?;
    let width = format.encoding.width();
    if data.len() % (width * format.channels) != 0 {
        return Err(Unusable::Undecodable("it ends within a sample"));
    }
    let mut samples = format.encoding.samples(data);
    if format.channels > 1 {
        samples = samples.chunks_exact(format.channels).map(mean).collect();
    }
    Ok(Clip { samples: samples.into(), rate: Some(format.rate) })
}

/// Finds the format and the sample bytes.
fn chunks(file: &[u8]) -> Result<(Format, &[u8]), Unusable> {
    if file.get(..4) != Some(b"RIFF") || file.get(8..12) != Some(b"WAVE") {
        return Err(Unusable::Undecodable("it is not a RIFF WAV file"));
    }
    let mut rest = &file[12..];
    let mut format = None;
    while let Some((header, body)) = rest.split_at_checked(8) {
        let size = u32_at(header, 4).map_or(0, |size| size as usize);
        match &header[..4] {
            b"fmt " => format = Some(body.get(..size).and_then(read_format).ok_or(UNSUPPORTED)?),
            b"data" => {
                let data = if size == STREAMED { Some(body) } else { body.get(..size) };
                let data = data.ok_or(Unusable::Undecodable("it is shorter than its header says"))?;
                return Ok((format.ok_or(Unusable::Undecodable("its format comes after its samples"))?, data));
            }
            _ => {}
        }
        // Chunks start at even positions.
        rest = body.get(size.saturating_add(size % 2)..).unwrap_or(&[]);
    }
    Err(Unusable::Undecodable("it has no samples chunk"))
}

const UNSUPPORTED: Unusable = Unusable::Undecodable("its format is not PCM with 8, 16, 24 or 32 bits or 32-bit float");

fn read_format(chunk: &[u8]) -> Option<Format> {
    let mut tag = u16_at(chunk, 0)?;
    let bits = u16_at(chunk, 14)?;
    if tag == EXTENSIBLE {
        tag = u16_at(chunk, 24).filter(|_| chunk.get(26..40) == Some(&SUBTYPE_TAIL))?;
    }
    let encoding = match (tag, bits) {
        (PCM, 8) => Encoding::Unsigned8,
        (PCM, 16) => Encoding::Signed16,
        (PCM, 24) => Encoding::Signed24,
        (PCM, 32) => Encoding::Signed32,
        (FLOAT, 32) => Encoding::Float32,
        _ => return None,
    };
    let channels = usize::from(u16_at(chunk, 2)?);
    let rate = u32_at(chunk, 4)?;
    let block = usize::from(u16_at(chunk, 12)?);
    (channels > 0 && rate > 0 && block == channels * encoding.width()).then_some(Format { encoding, channels, rate })
}

impl Encoding {
    /// Bytes of one sample.
    fn width(self) -> usize {
        match self {
            Encoding::Unsigned8 => 1,
            Encoding::Signed16 => 2,
            Encoding::Signed24 => 3,
            Encoding::Signed32 | Encoding::Float32 => 4,
        }
    }

    /// Integers are divided by 2^(bits - 1), as libsndfile and librosa do.
    fn samples(self, data: &[u8]) -> Vec<f32> {
        match self {
            Encoding::Unsigned8 => data.iter().map(|&byte| (f32::from(byte) - 128.0) / 128.0).collect(),
            Encoding::Signed16 => map(data, |bytes| f32::from(i16::from_le_bytes(bytes)) / 32_768.0),
            // Three bytes become the upper ones of four: the sign comes for free.
            Encoding::Signed24 => map(data, |[a, b, c]| scaled(i32::from_le_bytes([0, a, b, c]))),
            Encoding::Signed32 => map(data, |bytes| scaled(i32::from_le_bytes(bytes))),
            Encoding::Float32 => map(data, f32::from_le_bytes),
        }
    }
}

/// Samples that are worked on without a loop, which costs as much as their arithmetic.
const PIECE: usize = 16;

fn map<const WIDTH: usize>(data: &[u8], convert: impl Fn([u8; WIDTH]) -> f32) -> Vec<f32> {
    let samples = data.as_chunks::<WIDTH>().0;
    let (pieces, rest) = samples.as_chunks::<PIECE>();
    let mut converted = Vec::with_capacity(samples.len());
    pieces.iter().for_each(|piece| converted.extend_from_slice(&piece.map(&convert)));
    converted.extend(rest.iter().map(|&bytes| convert(bytes)));
    converted
}

fn scaled(sample: i32) -> f32 {
    (f64::from(sample) / 2_147_483_648.0) as f32
}

fn mean(frame: &[f32]) -> f32 {
    frame.iter().sum::<f32>() / frame.len() as f32
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}
