//! Streams of Go's `encoding/gob` (its package documentation, *Encoding Details*), as far as plain fields of structs: what else a struct
//! holds is stepped over.
//!
//! A stream is messages, each with its length: definitions of types, and values of types that were defined. Start with [`GobReader`].

use std::collections::BTreeMap;
use std::io::{self, BufRead, ErrorKind, Read};

/// The longest message. Answers' bodies may stand in it.
const MAX_MESSAGE: u64 = 64 * 1024 * 1024;
/// How deep values are within values.
const MAX_DEPTH: usize = 32;
/// Types of a stream. One struct defines as many as it has kinds of fields.
const MAX_TYPES: usize = 1_000;

/// Reads structs one after the other.
pub(crate) struct GobReader<R> {
    reader: R,
    types: BTreeMap<i64, Shape>,
    message: Vec<u8>,
}

/// A field's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Plain<'a> {
    Signed(i64),
    Unsigned(u64),
    /// A text, bytes, or what encodes itself, as a time does.
    Bytes(&'a [u8]),
}

/// Why a stream cannot be read on.
#[derive(Debug)]
pub(crate) enum GobError {
    /// It ends in the middle of a message.
    Cut,
    /// What stands there cannot be.
    Broken(&'static str),
    Io(io::Error),
}

/// What a type's values look like.
#[derive(Clone, Debug)]
enum Shape {
    List(i64),
    Map(i64, i64),
    /// Names and types of the fields.
    Struct(Vec<(String, i64)>),
    /// It encodes itself.
    Bytes,
}

// The types that need no definition.
const BOOL: i64 = 1;
const INT: i64 = 2;
const UINT: i64 = 3;
const FLOAT: i64 = 4;
const BYTES: i64 = 5;
const STRING: i64 = 6;
const COMPLEX: i64 = 7;
const INTERFACE: i64 = 8;

impl<R: BufRead> GobReader<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, types: BTreeMap::new(), message: Vec::new() }
    }

    /// Passes the plain fields of the next struct on; fields that have their type's zero are not sent. `false` at the end.
    pub(crate) fn next(&mut self, mut field: impl FnMut(&str, Plain<'_>)) -> Result<bool, GobError> {
        while self.fill()? {
            let mut cursor = Cursor { rest: &self.message };
            let id = cursor.int()?;
            if id >= 0 {
                let Some(Shape::Struct(fields)) = self.types.get(&id) else {
                    return Err(GobError::Broken("a value is of no struct that was defined"));
                };
                cursor.fields(|number, cursor| {
                    let (name, id) =
                        fields.get(number).ok_or(GobError::Broken("a field that is not defined"))?;
                    match cursor.plain(*id, &self.types)? {
                        Some(plain) => field(name, plain),
                        None => cursor.skip(*id, &self.types, 0)?,
                    }
                    Ok(())
                })?;
                return Ok(true);
            }
            if self.types.len() >= MAX_TYPES {
                return Err(GobError::Broken("more types than a stream has"));
            }
            let shape = cursor.definition()?;
            self.types.insert(id.checked_neg().unwrap_or(i64::MAX), shape);
        }
        Ok(false)
    }

    /// Reads the next message; `false` at the end of the stream.
    fn fill(&mut self) -> Result<bool, GobError> {
        let mut first = [0];
        if self.reader.by_ref().take(1).read(&mut first).map_err(GobError::Io)? == 0 {
            return Ok(false);
        }
        let mut head = vec![first[0]];
        let more = length_of_uint(first[0])?;
        self.reader.by_ref().take(more as u64).read_to_end(&mut head).map_err(GobError::Io)?;
        if head.len() <= more {
            return Err(GobError::Cut);
        }
        let length = Cursor { rest: &head }.uint()?;
        if length > MAX_MESSAGE {
            return Err(GobError::Broken("a message of more than 64 MiB"));
        }
        self.message.clear();
        let read = self.reader.by_ref().take(length).read_to_end(&mut self.message);
        match read {
            Ok(read) if read as u64 == length => Ok(true),
            Ok(_) => Err(GobError::Cut),
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => Err(GobError::Cut),
            Err(e) => Err(GobError::Io(e)),
        }
    }
}

/// How many bytes follow the first of an unsigned number: itself below 128, else the negative of their number.
fn length_of_uint(first: u8) -> Result<usize, GobError> {
    match first {
        0..=127 => Ok(0),
        248..=255 => Ok(256 - usize::from(first)),
        128..=247 => Err(GobError::Broken("a number of more than 8 bytes")),
    }
}

/// What is left of a message.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], GobError> {
        let short = GobError::Broken("a message ends in the middle of a value");
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(short)?;
        self.rest = rest;
        Ok(taken)
    }

    fn uint(&mut self) -> Result<u64, GobError> {
        let first = self.take(1)?[0];
        match length_of_uint(first)? {
            0 => Ok(u64::from(first)),
            more => Ok(self.take(more as u64)?.iter().fold(0, |n, b| n << 8 | u64::from(*b))),
        }
    }

    /// A signed number: its sign is the lowest bit, and a negative one stands complemented.
    fn int(&mut self) -> Result<i64, GobError> {
        let bits = self.uint()?;
        let value = (bits >> 1).cast_signed();
        Ok(if bits & 1 == 1 { !value } else { value })
    }

    fn bytes(&mut self) -> Result<&'a [u8], GobError> {
        let length = self.uint()?;
        self.take(length)
    }

    /// A struct: each field's number as a difference to the one before, until a zero.
    fn fields(
        &mut self,
        mut each: impl FnMut(usize, &mut Self) -> Result<(), GobError>,
    ) -> Result<(), GobError> {
        let mut next = 0_usize;
        loop {
            let delta = self.uint()?;
            if delta == 0 {
                return Ok(());
            }
            next = next.saturating_add(usize::try_from(delta).unwrap_or(usize::MAX));
            each(next - 1, self)?;
        }
    }

    /// A value that is plain; `None`, and nothing read, if its type is another.
    fn plain(&mut self, id: i64, types: &BTreeMap<i64, Shape>) -> Result<Option<Plain<'a>>, GobError> {
        Ok(match (id, types.get(&id)) {
            (INT, _) => Some(Plain::Signed(self.int()?)),
            (UINT, _) => Some(Plain::Unsigned(self.uint()?)),
            (BYTES | STRING, _) | (_, Some(Shape::Bytes)) => Some(Plain::Bytes(self.bytes()?)),
            _ => None,
        })
    }

    fn skip(&mut self, id: i64, types: &BTreeMap<i64, Shape>, depth: usize) -> Result<(), GobError> {
        if depth > MAX_DEPTH {
            return Err(GobError::Broken("values within values without end"));
        }
        match id {
            BOOL | INT | UINT | FLOAT => self.uint().map(drop),
            BYTES | STRING => self.bytes().map(drop),
            COMPLEX => self.uint().and_then(|_| self.uint()).map(drop),
            // Its type's name, its type, its length and itself; no name is no value.
            INTERFACE if self.bytes()?.is_empty() => Ok(()),
            INTERFACE => self.int().and_then(|_| self.bytes()).map(drop),
            defined => match types.get(&defined) {
                None => Err(GobError::Broken("a value of a type that was not defined")),
                Some(Shape::Bytes) => self.bytes().map(drop),
                Some(Shape::List(of)) => (0..self.uint()?).try_for_each(|_| self.skip(*of, types, depth + 1)),
                Some(Shape::Map(key, value)) => (0..self.uint()?).try_for_each(|_| {
                    self.skip(*key, types, depth + 1)?;
                    self.skip(*value, types, depth + 1)
                }),
                Some(Shape::Struct(fields)) => self.fields(|number, cursor| {
                    let (_, id) =
                        fields.get(number).ok_or(GobError::Broken("a field that is not defined"))?;
                    cursor.skip(*id, types, depth + 1)
                }),
            },
        }
    }

    /// A `wireType`: one of seven fields says which kind it is.
    fn definition(&mut self) -> Result<Shape, GobError> {
        let mut shape = None;
        self.fields(|kind, cursor| {
            let mut ids = [0; 2];
            let mut members = Vec::new();
            cursor.fields(|number, cursor| match (kind, number) {
                // The name and id that all have.
                (_, 0) => cursor.common(),
                (2, 1) => cursor.members(&mut members),
                (0 | 1 | 3, 1 | 2) => cursor.int().map(|id| ids[number - 1] = id),
                _ => Err(GobError::Broken("a definition that Go does not make")),
            })?;
            shape = Some(match kind {
                0 | 1 => Shape::List(ids[0]),
                2 => Shape::Struct(std::mem::take(&mut members)),
                3 => Shape::Map(ids[0], ids[1]),
                _ => Shape::Bytes,
            });
            Ok(())
        })?;
        shape.ok_or(GobError::Broken("a definition of nothing"))
    }

    fn common(&mut self) -> Result<(), GobError> {
        self.fields(|number, cursor| match number {
            0 => cursor.bytes().map(drop),
            _ => cursor.int().map(drop),
        })
    }

    fn members(&mut self, members: &mut Vec<(String, i64)>) -> Result<(), GobError> {
        for _ in 0..self.uint()? {
            let (mut name, mut id) = (String::new(), 0);
            self.fields(|number, cursor| match number {
                0 => cursor.bytes().map(|bytes| name = String::from_utf8_lossy(bytes).into_owned()),
                _ => cursor.int().map(|found| id = found),
            })?;
            members.push((name, id));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Go 1.19 wrote of two structs with nested structs, slices, maps, arrays, interfaces, complex numbers and a time: the first with
    /// all set, the second with but a name.
    const ODD: &str = "\
        ff90ff81030101034f646401ff8200010c01074c6174656e63790104000105496e6e657201ff840001044d616e7901ff8c00 \
        0103416e7901100001074e6f7468696e670110000107436f6d706c6578010e000103596573010200010448616c6601080001 \
        0842797465734f757401060001084e6567617469766501040001045768656e01ff8e0001044e616d65010c00000028ff8303 \
        010105496e6e657201ff8400010301014101ff860001014201ff880001014301ff8a00000017ff85020101095b5d666c6f61 \
        74363401ff8600010800001fff870401010f6d61705b737472696e675d626f6f6c01ff8800010c0102000016ff8901010106 \
        5b325d696e7401ff8a000104010400001bff8b0201010c5b5d6d61696e2e496e6e657201ff8c0001ff84000010ff8d050101 \
        0454696d6501ff8e000000ff83ff8201fd989680010102fef03ffe04400101017801010206070001020102fef03ffe044001 \
        0101780101020607000302000000010a6d61696e2e496e6e6572ff84120102fef03ffe04400101017801010206070002fef0 \
        3f40010101fee03f01fa01000000000001fe0101010f010000000ee29a326000000005ffff01046c6173740010ff82020302 \
        0000000a05656d70747900 \
        ";

    fn bytes() -> Vec<u8> {
        let digits: Vec<u8> = ODD.bytes().filter(u8::is_ascii_hexdigit).collect();
        let digit = |b: u8| u8::try_from(char::from(b).to_digit(16).unwrap_or(0)).unwrap_or(0);
        digits.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
    }

    /// Plain fields in words; all structs, and how it ended.
    fn read(bytes: &[u8]) -> (Vec<String>, Option<GobError>) {
        let mut gob = GobReader::new(bytes);
        let mut out = Vec::new();
        loop {
            let mut said = Vec::new();
            let next = gob.next(|name, value| {
                said.push(match value {
                    Plain::Signed(n) => format!("{name}={n}"),
                    Plain::Unsigned(n) => format!("{name}={n}"),
                    Plain::Bytes(b) => format!("{name}={}", b.escape_ascii()),
                });
            });
            match next {
                Ok(true) => out.push(said.join(" ")),
                Ok(false) => return (out, None),
                Err(error) => return (out, Some(error)),
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_stepped_over() {
        let (structs, error) = read(&bytes());
        assert!(error.is_none(), "{error:?}");
        let time = r"\x01\x00\x00\x00\x0e\xe2\x9a2`\x00\x00\x00\x05\xff\xff";
        let first = format!("Latency=5000000 BytesOut=1099511627776 Negative=-129 When={time} Name=last");
        assert_eq!(structs.len(), 2);
        assert_eq!(structs[0], first);
        assert!(structs[1].ends_with("Name=empty"), "{}", structs[1]);
    }

    /// Every end is told, and every changed byte is read or refused.
    #[test]
    fn damage() {
        let whole = bytes();
        for end in 0..whole.len() {
            let (structs, error) = read(&whole[..end]);
            assert!(structs.len() < 2, "{end}");
            assert!(matches!(error, None | Some(GobError::Cut)), "{end}: {error:?}");
        }
        for at in 0..whole.len() {
            for byte in [0, 1, 0x7f, 0x80, 0xf7, 0xf8, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = byte;
                assert!(read(&damaged).0.len() <= whole.len());
            }
        }
    }
}
