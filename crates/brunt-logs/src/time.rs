//! The times that logs write.

/// Days from 1970-01-01 to a date of the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
pub(crate) const fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0, |n, d| n * 10 + i64::from(d - b'0')))
}

/// `20/Feb/2016:00:00:45 -0500`, as Apache and nginx write it: seconds since 1970 UTC, and the offset in seconds.
pub(crate) fn clf(text: &[u8]) -> Option<(i64, i32)> {
    let [d1, d2, b'/', m1, m2, m3, b'/', y1, y2, y3, y4, b':', h1, h2, b':', n1, n2, b':', s1, s2, zone @ ..] =
        text
    else {
        return None;
    };
    let month = match (m1, m2, m3) {
        (b'J', b'a', b'n') => 1,
        (b'F', b'e', b'b') => 2,
        (b'M', b'a', b'r') => 3,
        (b'A', b'p', b'r') => 4,
        (b'M', b'a', b'y') => 5,
        (b'J', b'u', b'n') => 6,
        (b'J', b'u', b'l') => 7,
        (b'A', b'u', b'g') => 8,
        (b'S', b'e', b'p') => 9,
        (b'O', b'c', b't') => 10,
        (b'N', b'o', b'v') => 11,
        (b'D', b'e', b'c') => 12,
        _ => return None,
    };
    let day = digits(&[*d1, *d2])?;
    let year = digits(&[*y1, *y2, *y3, *y4])?;
    let (hour, minute, second) = (digits(&[*h1, *h2])?, digits(&[*n1, *n2])?, digits(&[*s1, *s2])?);
    if !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let offset = match zone {
        [] => 0,
        [b' ', sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            let size = digits(&[*h1, *h2])? * 3_600 + digits(&[*m1, *m2])? * 60;
            if *sign == b'-' { -size } else { size }
        }
        _ => return None,
    };
    let at = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    Some((at, i32::try_from(offset).ok()?))
}

#[cfg(test)]
mod tests {
    use super::clf;

    #[test]
    fn times_of_apache_and_nginx() {
        for (text, wanted) in [
            ("20/Feb/2016:00:00:45 -0500", Some((1_455_944_445, -18_000))),
            ("01/Jan/1970:00:00:00 +0000", Some((0, 0))),
            ("29/Feb/2000:23:59:60 +0530", Some((951_849_000, 19_800))),
            ("31/Dec/2024:12:00:00", Some((1_735_646_400, 0))),
            ("32/Dec/2024:12:00:00 +0000", None),
            ("31/Dez/2024:12:00:00 +0000", None),
            ("31/Dec/2024:12:00 +0000", None),
            ("31/Dec/2024:12:00:00 Z", None),
            ("", None),
        ] {
            assert_eq!(clf(text.as_bytes()), wanted, "{text}");
        }
    }
}
