//! What was seen beside the load in a second, as bytes, and back. Layout: `docs/run-record.md`.

use super::wire::{Cursor, Malformed, put, put_f64};
use crate::{ResourceId, ResourceSecond};

/// Appends `second`: its index, then each value behind the distance from the series before.
pub(super) fn encode(second: &ResourceSecond, out: &mut Vec<u8>) {
    put(out, second.index);
    put(out, second.values.len() as u64);
    let mut before = 0;
    for (id, value) in &second.values {
        put(out, u64::from(id.0.wrapping_sub(before)));
        put_f64(out, *value);
        before = id.0;
    }
}

/// Reads a second; what follows it is ignored. Values that are no numbers are left out.
pub(super) fn decode(cursor: &mut Cursor<'_>) -> Result<ResourceSecond, Malformed> {
    let index = cursor.varint()?;
    let length = cursor.length()?;
    let mut values = Vec::new();
    let mut before = 0_u16;
    for _ in 0..length {
        let step = u16::try_from(cursor.varint()?).map_err(|_| Malformed::Range)?;
        before = before.wrapping_add(step);
        let value = cursor.f64()?;
        if value.is_finite() {
            values.push((ResourceId(before), value));
        }
    }
    Ok(ResourceSecond { index, values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_second() -> impl Strategy<Value = ResourceSecond> {
        let values = prop::collection::btree_map(any::<u16>(), -1e300..1e300, 0..20);
        (any::<u64>(), values).prop_map(|(index, values)| ResourceSecond {
            index,
            values: values.into_iter().map(|(id, v)| (ResourceId(id), v)).collect(),
        })
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding_and_truncations_are_noticed(second in any_second()) {
            let mut bytes = Vec::new();
            encode(&second, &mut bytes);
            prop_assert_eq!(decode(&mut Cursor::new(&bytes)), Ok(second));
            for end in 0..bytes.len() {
                prop_assert!(decode(&mut Cursor::new(&bytes[..end])).is_err());
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&mut Cursor::new(&bytes));
        }
    }
}
