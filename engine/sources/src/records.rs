//! The bytes of a CSV file, of which each line that breaks the rules of quotation is made one that has too many fields, so that a stray mark
//! costs its own line and not those after it (RFC 4180: a quoted field ends before a delimiter or the line's end).

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Read, Result};
use std::rc::Rc;

/// Most bytes of a record of several lines: a mark that is closed later than that is taken for a stray one.
const MOST_BYTES: usize = 1 << 20;

/// Numbers of the lines that were replaced, from 1.
pub(crate) type StrayLines = Rc<RefCell<BTreeSet<u64>>>;

/// Reads a CSV file's bytes.
pub(crate) struct Records<R> {
    inner: BufReader<R>,
    /// Lines that were read ahead.
    ahead: VecDeque<Vec<u8>>,
    /// What is given next.
    ready: Vec<u8>,
    given: usize,
    /// Number of the next line.
    line: u64,
    /// Fields of the first record.
    fields: Option<usize>,
    stray: StrayLines,
}

/// What a text that begins a record is.
#[derive(PartialEq)]
enum State {
    /// One or more whole fields, so many.
    Whole(usize),
    /// Inside of quotation marks.
    Open,
    Wrong,
}

impl<R: Read> Records<R> {
    pub fn new(inner: R) -> Self {
        let (ahead, ready) = (VecDeque::new(), Vec::new());
        Self { inner: BufReader::with_capacity(1 << 16, inner), ahead, ready, given: 0, line: 1, fields: None, stray: StrayLines::default() }
    }

    pub fn stray(&self) -> StrayLines {
        self.stray.clone()
    }

    fn next_line(&mut self) -> Result<Vec<u8>> {
        if let Some(line) = self.ahead.pop_front() {
            return Ok(line);
        }
        let mut line = Vec::new();
        self.inner.read_until(b'\n', &mut line)?;
        Ok(line)
    }

    /// Fills `ready` with the next record; nothing at the end.
    fn fill(&mut self) -> Result<()> {
        self.given = 0;
        let mut record = self.next_line()?;
        let mut lines: Vec<usize> = vec![record.len()];
        let fields = loop {
            match state(&record) {
                State::Whole(fields) => break Some(fields),
                State::Open if record.len() <= MOST_BYTES => {
                    let more = self.next_line()?;
                    if more.is_empty() {
                        break None;
                    }
                    lines.push(more.len());
                    record.extend_from_slice(&more);
                }
                _ => break None,
            }
        };
        match fields {
            Some(fields) => {
                let own = *self.fields.get_or_insert(fields);
                // A file of one column has its missing values as empty lines, which are no records elsewhere.
                if own == 1 && matches!(record.as_slice(), b"\n" | b"\r\n") {
                    record.splice(..0, *b"\"\"");
                }
                self.line += lines.len() as u64;
                self.ready = record;
            }
            None => {
                // The first line is given up; those after it are looked at anew.
                let mut rest = record.split_off(lines[0]);
                for length in lines[1..].iter().rev() {
                    self.ahead.push_front(rest.split_off(rest.len() - length));
                }
                self.stray.borrow_mut().insert(self.line);
                self.line += 1;
                self.ready = vec![b','; self.fields.unwrap_or(1)];
                self.ready.push(b'\n');
            }
        }
        Ok(())
    }
}

fn state(record: &[u8]) -> State {
    if !record.contains(&b'"') {
        return State::Whole(record.iter().filter(|byte| **byte == b',').count() + 1);
    }
    let (mut fields, mut at) = (1, 0);
    loop {
        // At the start of a field.
        if record.get(at) == Some(&b'"') {
            at += 1;
            loop {
                match record[at..].iter().position(|byte| *byte == b'"') {
                    None => return State::Open,
                    Some(length) => at += length + 1,
                }
                if record.get(at) != Some(&b'"') {
                    break;
                }
                at += 1;
            }
        } else {
            let length = record[at..].iter().position(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'));
            at += length.unwrap_or(record.len() - at);
        }
        match record.get(at) {
            Some(b',') => {
                fields += 1;
                at += 1;
            }
            None | Some(b'\n') => return State::Whole(fields),
            Some(b'\r') if matches!(record.get(at + 1), None | Some(b'\n')) => return State::Whole(fields),
            Some(_) => return State::Wrong,
        }
    }
}

impl<R: Read> Read for Records<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.given == self.ready.len() {
            self.fill()?;
        }
        let n = buffer.len().min(self.ready.len() - self.given);
        buffer[..n].copy_from_slice(&self.ready[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}
