//! Numbers as bytes: LEB128 varints, and a cursor that reads them back without trusting them.
//!
//! Nothing here knows what the numbers mean. Start with [`put`] and [`Cursor`].

use brunt_metrics::Nanos;

/// The largest counter that a record may hold: 2^48, about nine years at a million a second. Readers refuse
/// more, so that sums over any number of seconds that a disk can hold stay within 64 bits.
pub(super) const MAX_COUNT: u64 = 1 << 48;

/// Why bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    /// The bytes end inside a value.
    #[error("it ends inside a value")]
    Short,
    /// A number is outside its range.
    #[error("a number is outside its range")]
    Range,
    /// A text is no UTF-8.
    #[error("a text is no UTF-8")]
    Text,
}

/// Appends an unsigned LEB128 varint: 7 bits a byte, least significant first, high bit set on all but the last.
pub(super) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low_bits(value) | 0x80);
        value >>= 7;
    }
    out.push(low_bits(value));
}

/// Appends an unsigned LEB128 varint of up to 128 bits.
pub(super) fn put_wide(out: &mut Vec<u8>, mut value: u128) {
    while let Err(_too_wide) = u64::try_from(value) {
        out.push(low_bits(lower_half(value)) | 0x80);
        value >>= 7;
    }
    put(out, lower_half(value));
}

/// Appends a signed number: zigzag, then a varint, so that small magnitudes of either sign are short.
pub(super) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

/// Appends a duration or an instant.
pub(super) fn put_nanos(out: &mut Vec<u8>, value: Nanos) {
    put(out, value.0);
}

/// Appends a text behind its length in bytes.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Appends a fraction, bit for bit.
pub(super) fn put_f64(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(&value.to_bits().to_le_bytes());
}

const fn low_bits(value: u64) -> u8 {
    (value & 0x7f) as u8
}

#[expect(clippy::cast_possible_truncation, reason = "the upper half is the caller's to handle")]
const fn lower_half(value: u128) -> u64 {
    value as u64
}

/// Reads values off the front of a slice.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        let (&first, rest) = self.rest.split_first().ok_or(Malformed::Short)?;
        self.rest = rest;
        Ok(first)
    }

    /// A varint of at most 64 bits.
    pub(super) fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if (bits << shift) >> shift != bits {
                return Err(Malformed::Range);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed::Range)
    }

    /// A varint of at most 128 bits.
    pub(super) fn wide(&mut self) -> Result<u128, Malformed> {
        let mut value = 0_u128;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7f);
            if (bits << shift) >> shift != bits {
                return Err(Malformed::Range);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed::Range)
    }

    pub(super) fn signed(&mut self) -> Result<i64, Malformed> {
        let raw = self.varint()?;
        Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
    }

    /// A counter, at most [`MAX_COUNT`].
    pub(super) fn count(&mut self) -> Result<u64, Malformed> {
        let value = self.varint()?;
        if value > MAX_COUNT { Err(Malformed::Range) } else { Ok(value) }
    }

    /// The length of a list whose entries take at least one byte each: never more than there are bytes, so
    /// that a wrong length can't ask for memory.
    pub(super) fn length(&mut self) -> Result<usize, Malformed> {
        let value = usize::try_from(self.varint()?).map_err(|_| Malformed::Range)?;
        if value > self.rest.len() { Err(Malformed::Short) } else { Ok(value) }
    }

    pub(super) fn nanos(&mut self) -> Result<Nanos, Malformed> {
        self.varint().map(Nanos)
    }

    pub(super) fn narrow<T: TryFrom<u64>>(&mut self) -> Result<T, Malformed> {
        T::try_from(self.varint()?).map_err(|_| Malformed::Range)
    }

    /// A text of at most `longest` bytes.
    pub(super) fn text(&mut self, longest: usize) -> Result<String, Malformed> {
        let length = self.length()?;
        if length > longest {
            return Err(Malformed::Range);
        }
        let (head, rest) = self.rest.split_at_checked(length).ok_or(Malformed::Short)?;
        self.rest = rest;
        str::from_utf8(head).map(str::to_owned).map_err(|_| Malformed::Text)
    }

    /// Whether all has been read.
    pub(super) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn f64(&mut self) -> Result<f64, Malformed> {
        let (head, rest) = self.rest.split_first_chunk::<8>().ok_or(Malformed::Short)?;
        self.rest = rest;
        Ok(f64::from_bits(u64::from_le_bytes(*head)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_encodings() {
        for (value, bytes) in [
            (0, &[0][..]),
            (127, &[127]),
            (128, &[0x80, 1]),
            (300, &[0xac, 2]),
            (u64::MAX, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        ] {
            let mut out = Vec::new();
            put(&mut out, value);
            assert_eq!(out, bytes);
        }
        let mut out = Vec::new();
        for v in [0, -1, 1, -2] {
            put_signed(&mut out, v);
        }
        assert_eq!(out, [0, 1, 2, 3]);
    }

    #[test]
    fn too_long_or_too_short_is_refused() {
        assert_eq!(Cursor::new(&[0x80]).varint(), Err(Malformed::Short));
        assert_eq!(Cursor::new(&[0xff; 10]).varint(), Err(Malformed::Range));
        assert_eq!(Cursor::new(&[0x80; 20]).wide(), Err(Malformed::Range));
        assert_eq!(Cursor::new(&[5, 1, 1]).length(), Err(Malformed::Short));
        assert_eq!(Cursor::new(&[1; 7]).f64(), Err(Malformed::Short));
        assert_eq!(Cursor::new(&[3, 65, 66]).text(9), Err(Malformed::Short));
        assert_eq!(Cursor::new(&[2, 65, 66]).text(1), Err(Malformed::Range));
        assert_eq!(Cursor::new(&[2, 65, 0xff]).text(9), Err(Malformed::Text));
        let mut out = Vec::new();
        put(&mut out, MAX_COUNT + 1);
        assert_eq!(Cursor::new(&out).count(), Err(Malformed::Range));
    }

    proptest! {
        #[test]
        fn reading_undoes_writing(a: u64, b: u128, c: i64, d: f64, e: String) {
            let mut out = Vec::new();
            put(&mut out, a);
            put_wide(&mut out, b);
            put_signed(&mut out, c);
            put_f64(&mut out, d);
            put_text(&mut out, &e);
            let mut cursor = Cursor::new(&out);
            prop_assert_eq!(cursor.varint(), Ok(a));
            prop_assert_eq!(cursor.wide(), Ok(b));
            prop_assert_eq!(cursor.signed(), Ok(c));
            prop_assert_eq!(cursor.f64().map(f64::to_bits), Ok(d.to_bits()));
            prop_assert_eq!(cursor.text(usize::MAX), Ok(e));
            prop_assert!(cursor.is_at_end());
        }
    }
}
