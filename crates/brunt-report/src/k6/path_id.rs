//! The ids of k6's groups and checks: the MD5 of their path, in hexadecimal (`lib/models.go`).
//!
//! An id is only a name here; nothing is kept safe by it. The algorithm is RFC 1321, section 3, and so are the
//! names of its values.

/// How far each step rotates: four amounts a round, in turn.
const ROTATIONS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The id of a path: `""` for the root group, `::name` for what is in it.
pub(super) fn path_id(path: &str) -> String {
    let mut message = path.as_bytes().to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend_from_slice(&(path.len() as u64).wrapping_mul(8).to_le_bytes());
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in message.chunks_exact(64) {
        state = with_block(state, block);
    }
    // Words are little-endian; as a number each shows its bytes in order.
    let [a, b, c, d] = state.map(u32::swap_bytes);
    format!("{a:08x}{b:08x}{c:08x}{d:08x}")
}

fn with_block(state: [u32; 4], block: &[u8]) -> [u32; 4] {
    let mut words = [0_u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    let [mut a, mut b, mut c, mut d] = state;
    for step in 0..64 {
        let round = step / 16;
        let (mixed, word) = match round {
            0 => ((b & c) | (!b & d), step),
            1 => ((d & b) | (!d & c), 5 * step + 1),
            2 => (b ^ c ^ d, 3 * step + 5),
            _ => (c ^ (b | !d), 7 * step),
        };
        // The RFC's table: the integer part of 2^32 times |sin(i)|, i in radians, from 1.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "below 2^32, not negative"
        )]
        let sine = (((step + 1) as f64).sin().abs() * 4_294_967_296.0) as u32;
        let sum = a.wrapping_add(mixed).wrapping_add(sine).wrapping_add(words[word % 16]);
        let next = b.wrapping_add(sum.rotate_left(ROTATIONS[round][step % 4]));
        (a, d, c, b) = (d, c, b, next);
    }
    let mut sum = [a, b, c, d];
    for (word, before) in sum.iter_mut().zip(state) {
        *word = word.wrapping_add(before);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_ids() {
        for (path, id) in [
            // RFC 1321, appendix A.5.
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
            // From summaries that k6 wrote.
            ("::status is 200", "6210a8cd14cd70477eba5c5e4cb3fb5f"),
            ("::is status 200", "548d37ca5f33793206f7832e7cea54fb"),
        ] {
            assert_eq!(path_id(path), id, "{path}");
        }
    }
}
