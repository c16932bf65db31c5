use crate::{Clip, Clips, Unusable};

/// A WAV file with one format and one samples chunk.
fn wav(tag: u16, bits: u16, channels: u16, data: &[u8]) -> Vec<u8> {
    let block = channels * bits / 8;
    let mut format = [tag.to_le_bytes(), channels.to_le_bytes()].concat();
    format.extend(16_000_u32.to_le_bytes());
    format.extend((16_000 * u32::from(block)).to_le_bytes());
    format.extend([block.to_le_bytes(), bits.to_le_bytes()].concat());
    file(&[(b"fmt ", &format), (b"data", data)])
}

fn file(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = b"RIFF\0\0\0\0WAVE".to_vec();
    for (name, body) in chunks {
        file.extend(*name);
        file.extend((body.len() as u32).to_le_bytes());
        file.extend(*body);
        file.extend(vec![0; body.len() % 2]);
    }
    file
}

fn decode(file: &[u8]) -> Result<Clip<'_>, Unusable> {
    Clips::of_wav(&[0, file.len() as u32], file, None)
        .unwrap()
        .get(0)
        .map(|clip| Clip { samples: clip.samples.into_owned().into(), rate: clip.rate })
}

fn samples(file: &[u8]) -> Vec<f32> {
    let clip = decode(file).unwrap();
    assert_eq!(clip.rate, Some(16_000));
    clip.samples.into_owned()
}

fn undecodable(file: &[u8]) -> bool {
    matches!(decode(file), Err(Unusable::Undecodable(_)))
}

#[test]
fn every_encoding_has_the_same_scale() {
    assert_eq!(samples(&wav(1, 8, 1, &[0, 128, 192])), [-1.0, 0.0, 0.5]);
    assert_eq!(samples(&wav(1, 16, 1, &[0, 0x80, 0, 0, 0, 0x40])), [-1.0, 0.0, 0.5]);
    assert_eq!(samples(&wav(1, 24, 1, &[0, 0, 0x80, 0, 0, 0, 0, 0, 0x40])), [-1.0, 0.0, 0.5]);
    assert_eq!(samples(&wav(1, 32, 1, &[0, 0, 0, 0x80, 0, 0, 0, 0x40])), [-1.0, 0.5]);
    assert_eq!(samples(&wav(3, 32, 1, &0.25_f32.to_le_bytes())), [0.25]);
}

#[test]
fn channels_are_averaged() {
    assert_eq!(samples(&wav(1, 8, 2, &[128, 192, 0, 128])), [0.25, -0.5]);
}

#[test]
fn extensible_formats_are_read() {
    let plain = wav(1, 16, 1, &[]);
    let mut format = plain[20..36].to_vec();
    format[..2].copy_from_slice(&0xFFFE_u16.to_le_bytes());
    format.extend([22, 0, 16, 0, 4, 0, 0, 0, 1, 0]);
    format.extend([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
    assert_eq!(samples(&file(&[(b"fmt ", &format), (b"LIST", b"odd"), (b"data", &[0, 0x40])])), [0.5]);
    format[30] = 1;
    assert!(undecodable(&file(&[(b"fmt ", &format), (b"data", &[0, 0x40])])));
}

#[test]
fn a_streamed_length_means_the_rest_of_the_file() {
    let mut streamed = wav(1, 16, 1, &[0, 0x40]);
    streamed[40..44].fill(0xFF);
    assert_eq!(samples(&streamed), [0.5]);
}

#[test]
fn broken_files_are_undecodable() {
    assert!(undecodable(b"not a wav file"));
    assert!(undecodable(&file(&[(b"data", &[0, 0])])));
    assert!(undecodable(&wav(2, 16, 1, &[0, 0])));
    assert!(undecodable(&wav(1, 12, 1, &[0, 0])));
    assert!(undecodable(&wav(1, 16, 0, &[0, 0])));
    assert!(undecodable(&wav(1, 16, 1, &[0, 0, 0])));
}

#[test]
fn no_prefix_of_a_file_is_taken_for_a_clip() {
    let whole = wav(1, 16, 1, &[1, 2, 3, 4, 5, 6]);
    for end in 0..whole.len() {
        assert!(decode(&whole[..end]).is_err(), "{end} bytes");
    }
}

#[test]
fn unusable_rows_say_why() {
    let values = [0.5, f32::NAN, f32::INFINITY];
    let clips = Clips::of_samples(&[0, 1, 2, 3, 3, 3], &values, Some(&[1, 1, 1, 1, 0])).unwrap();
    assert_eq!(clips.rows(), 5);
    assert_eq!(clips.get(0).unwrap().samples[..], [0.5]);
    let reasons: Vec<_> = (1..5).map(|row| clips.get(row).unwrap_err()).collect();
    assert_eq!(reasons, [Unusable::NotFinite, Unusable::NotFinite, Unusable::Empty, Unusable::Null]);
    assert_eq!(decode(&wav(1, 16, 1, &[])).unwrap_err(), Unusable::Empty);
    assert_eq!(decode(&[]).unwrap_err(), Unusable::Empty);
}

#[test]
fn broken_shapes_are_refused() {
    assert!(Clips::of_samples(&[], &[], None).is_err());
    assert!(Clips::of_samples(&[0, 2], &[0.0], None).is_err());
    assert!(Clips::of_samples(&[1, 0], &[0.0], None).is_err());
    assert!(Clips::of_samples(&[0, 1], &[0.0], Some(&[])).is_err());
}
