//! Where an axis has its marks, and what stands at them.

use crate::{Axis, Scale, Unit};

/// Seconds between marks of time.
const TIMES: [f64; 16] = [
    0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0,
    21_600.0,
];

/// The marks of an axis, about `wanted` of them: value and words.
pub(crate) fn ticks(axis: &Axis, wanted: usize) -> Vec<(f64, String)> {
    let wanted = wanted.max(2);
    let values = match &axis.scale {
        Scale::Linear => linear(axis, wanted),
        Scale::Time => {
            let span = (axis.high - axis.low) / wanted as f64;
            let step = TIMES.into_iter().find(|s| *s >= span).unwrap_or(86_400.0 * (span / 86_400.0).ceil());
            multiples(axis, step)
        }
        Scale::Log => logarithmic(axis, wanted),
        Scale::Tail => {
            let deep = (1..=9).map(|i| 1.0 - 10_f64.powi(-i));
            [0.0, 0.5].into_iter().chain(deep).filter(|v| *v <= axis.high + 1e-12).collect()
        }
        Scale::Names(names) => {
            return names.iter().enumerate().map(|(i, n)| (i as f64 + 0.5, n.clone())).collect();
        }
    };
    values.into_iter().map(|v| (v, words(axis, v))).collect()
}

fn words(axis: &Axis, value: f64) -> String {
    if axis.scale == Scale::Tail {
        // 99.999 % needs all its nines.
        let percent = format!("{:.5}", value * 100.0);
        return format!("{} %", percent.trim_end_matches('0').trim_end_matches('.'));
    }
    if axis.unit == Unit::Seconds && axis.high < 60.0 {
        return format!("{} s", Unit::None.show(value));
    }
    axis.unit.show(value)
}

fn linear(axis: &Axis, wanted: usize) -> Vec<f64> {
    multiples(axis, step(axis.high - axis.low, wanted))
}

/// The nicest step, 1, 2 or 5 times a power of ten, that gives at most `wanted` intervals.
fn step(span: f64, wanted: usize) -> f64 {
    let rough = span / wanted as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let nice = [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * power >= rough * 0.999).unwrap_or(10.0);
    nice * power
}

fn multiples(axis: &Axis, step: f64) -> Vec<f64> {
    let first = (axis.low / step - 1e-9).ceil();
    let count = ((axis.high / step + 1e-9).floor() - first).clamp(-1.0, 200.0) + 1.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 201")]
    let count = count as usize;
    (0..count).map(|i| (first + i as f64) * step).collect()
}

fn logarithmic(axis: &Axis, wanted: usize) -> Vec<f64> {
    let (low, high) = (axis.low.log10(), axis.high.log10());
    #[expect(clippy::cast_possible_truncation, reason = "powers of ten of a double")]
    let decades = low.floor() as i32..=high.ceil() as i32;
    let within = |v: &f64| *v >= axis.low * 0.999 && *v <= axis.high * 1.001;
    for steps in [&[1.0, 2.0, 5.0][..], &[1.0, 3.0], &[1.0]] {
        let marks: Vec<f64> = decades
            .clone()
            .flat_map(|d| steps.iter().map(move |s| s * 10_f64.powi(d)))
            .filter(within)
            .collect();
        if marks.len() <= wanted.max(3) {
            // Less than a decade: equal steps tell more than one mark.
            return if marks.len() < 2 { linear(axis, wanted) } else { marks };
        }
    }
    decades.map(|d| 10_f64.powi(d)).filter(within).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(scale: Scale, unit: Unit, low: f64, high: f64) -> Axis {
        Axis { label: String::new(), unit, scale, low, high }
    }

    #[test]
    fn marks_are_round_numbers() {
        for (axis, wanted, marks) in [
            (axis(Scale::Linear, Unit::PerSecond, 0.0, 1_050.0), 5, "0/s 500/s 1000/s"),
            (axis(Scale::Linear, Unit::Share, 0.0, 0.01), 4, "0 % 0.5 % 1 %"),
            (axis(Scale::Log, Unit::Milliseconds, 0.8, 2_300.0), 6, "1 ms 10 ms 100 ms 1 s"),
            (axis(Scale::Log, Unit::Milliseconds, 18.0, 240.0), 6, "20 ms 50 ms 100 ms 200 ms"),
            (axis(Scale::Log, Unit::Milliseconds, 50.6, 58.0), 4, "52 ms 54 ms 56 ms 58 ms"),
            (axis(Scale::Time, Unit::Seconds, 0.0, 20.3), 6, "0 s 5 s 10 s 15 s 20 s"),
            (axis(Scale::Time, Unit::Seconds, 0.0, 3_600.0), 6, "0:00 10:00 20:00 30:00 40:00 50:00 1:00:00"),
            (axis(Scale::Tail, Unit::Share, 0.0, 0.9995), 6, "0 % 50 % 90 % 99 % 99.9 %"),
        ] {
            let words: Vec<String> = ticks(&axis, wanted).into_iter().map(|t| t.1).collect();
            assert_eq!(words.join(" "), marks);
        }
    }
}
