//! Cuts units into blocks, and blocks into slabs.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::concat_batches;
use driftline_core::block::BLOCK_ROWS;
use driftline_core::source::{Piece, SourceError};

/// Bytes of a slab, unless a single batch has more.
const SLAB_BYTES: usize = 16 << 20;

/// What the cutter gives.
pub(super) enum Cut {
    /// Rows of one block.
    Slab(RecordBatch),
    EndOfBlock,
}

/// Cuts units into blocks of [`BLOCK_ROWS`], and blocks into slabs of [`SLAB_BYTES`].
#[derive(Default)]
pub(super) struct Cutter {
    unit: Option<u64>,
    /// Of the slab.
    waiting: Vec<RecordBatch>,
    bytes: usize,
    /// Rows of the block.
    rows: usize,
}

impl Cutter {
    pub fn push(&mut self, piece: Piece) -> Result<Vec<Cut>, SourceError> {
        let mut cuts = Vec::new();
        if self.unit != Some(piece.unit) {
            cuts = self.end()?;
            self.unit = Some(piece.unit);
        }
        let mut from = 0;
        while from < piece.batch.num_rows() {
            let part = piece.batch.slice(from, (piece.batch.num_rows() - from).min(BLOCK_ROWS - self.rows));
            from += part.num_rows();
            self.rows += part.num_rows();
            self.bytes += bytes(&part);
            self.waiting.push(part);
            if self.rows == BLOCK_ROWS {
                cuts.extend(self.end()?);
            } else if self.bytes >= SLAB_BYTES {
                cuts.push(self.slab()?);
            }
        }
        Ok(cuts)
    }

    /// Ends the block, if there is one.
    pub fn end(&mut self) -> Result<Vec<Cut>, SourceError> {
        let mut cuts = Vec::new();
        if !self.waiting.is_empty() {
            cuts.push(self.slab()?);
        }
        if std::mem::take(&mut self.rows) > 0 {
            cuts.push(Cut::EndOfBlock);
        }
        Ok(cuts)
    }

    fn slab(&mut self) -> Result<Cut, SourceError> {
        self.bytes = 0;
        let waiting = std::mem::take(&mut self.waiting);
        match waiting.as_slice() {
            [single] => Ok(Cut::Slab(single.clone())),
            // There is one batch at least whenever a slab is asked for.
            many => concat_batches(&many[0].schema(), many).map(Cut::Slab).map_err(|e| SourceError(e.to_string())),
        }
    }
}

/// Bytes of a batch's own rows, not of the buffers that it shares with others.
fn bytes(batch: &RecordBatch) -> usize {
    let of = |array: &ArrayRef| array.to_data().get_slice_memory_size().unwrap_or_else(|_| array.get_array_memory_size());
    batch.columns().iter().map(of).sum()
}
