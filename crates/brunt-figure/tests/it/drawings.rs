//! Laws of every drawing.

use crate::{Run, drawn, golden, renamed};
use brunt_figure::{Frame, Kind, Look, Standing, Step, Theme, Unit, png, svg, theme_css, trend};
use roxmltree::{Document, Node};

/// Kinds that the golden record can give.
fn kinds(run: &Run) -> Vec<Kind> {
    let has_host = run.course.slices.iter().any(|s| s.host.is_some());
    let has_resources = !run.course.resources.is_empty();
    let can =
        |kind: &Kind| (has_host || *kind != Kind::Generator) && (has_resources || *kind != Kind::Resources);
    Kind::ALL.into_iter().filter(can).collect()
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

/// Well-formed, named, nothing outside, no text too small, no colour only in a style sheet.
fn check(kind: Kind, text: &str, what: &str) {
    let document = Document::parse(text).unwrap_or_else(|e| panic!("{kind} {what}: {e}"));
    let root = document.root_element();
    let (width, height) = (number(root, "width"), number(root, "height"));
    assert_eq!(root.attribute("role"), Some("img"));
    assert!(root.children().any(|n| n.has_tag_name("title") && n.text().is_some()), "{kind}: no title");
    for node in root.descendants().filter(Node::is_element) {
        assert!(node.attribute("style").is_none(), "{kind}: {node:?}");
        match node.tag_name().name() {
            "text" => {
                assert!(number(node, "font-size") >= 12.0, "{kind} {what}: {node:?}");
                let (x, y) = (number(node, "x"), number(node, "y"));
                // A character of the widest usual font is never wider than the em.
                let least =
                    node.text().unwrap_or_default().chars().count() as f64 * number(node, "font-size") * 0.3;
                let left = match node.attribute("text-anchor") {
                    Some("end") => x - least,
                    Some("middle") => x - least / 2.0,
                    Some(_) | None => x,
                };
                assert!(left >= -0.5, "{kind} {what}: left of the drawing: {:?}", node.text());
                assert!(
                    left + least <= width + 0.5,
                    "{kind} {what}: right of the drawing: {:?}",
                    node.text()
                );
                assert!(y <= height && y >= 0.0, "{kind} {what}: {:?}", node.text());
            }
            "polyline" | "polygon" => {
                for pair in node.attribute("points").unwrap().split(' ') {
                    let (x, y) = pair.split_once(',').unwrap();
                    let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
                    assert!(
                        (-0.5..=width + 0.5).contains(&x) && (-0.5..=height + 0.5).contains(&y),
                        "{kind} {what}: {pair}"
                    );
                }
            }
            _ => {}
        }
        if ["text", "path", "circle", "polygon", "polyline"].contains(&node.tag_name().name()) {
            assert!(node.attribute("fill").is_some(), "{kind}: {node:?}");
        }
    }
}

#[test]
fn every_kind_at_every_width_and_theme() {
    let run = Run::of(golden("v1.2-small"));
    for kind in kinds(&run) {
        let figure = drawn(kind, &run);
        for width in [320.0, 390.0, 960.0, 1_600.0] {
            for theme in [Theme::Light, Theme::Dark] {
                for frame in [Frame::Whole, Frame::Bare] {
                    let text = svg(&figure, &Look { width, theme, frame });
                    check(kind, &text, &format!("{width} {theme:?} {frame:?}"));
                }
            }
        }
    }
}

#[test]
fn names_are_text_whatever_they_hold() {
    let hostile = [
        "<img src=x onerror=alert(1)>",
        "</title><script>alert(1)</script>",
        "a\"b' & c]]>",
        "\u{1b}[2J\u{202e}gnp.exe",
        "/a/very/long/path/that/goes/on/and/on/and/on/{id}/with/more/parts/than/anyone/would/want/to/read?and=query",
    ];
    let run = Run::of(renamed(golden("v1.1-small"), &hostile));
    for kind in kinds(&run) {
        for width in [320.0, 960.0] {
            let text = svg(&drawn(kind, &run), &Look { width, ..Look::default() });
            check(kind, &text, "hostile");
            let document = Document::parse(&text).unwrap();
            let known = ["svg", "g", "title", "desc", "text", "path", "polyline", "polygon", "circle"];
            for node in document.root_element().descendants().filter(Node::is_element) {
                assert!(known.contains(&node.tag_name().name()), "{kind}: {node:?}");
                assert!(node.attributes().all(|a| !a.name().starts_with("on")), "{kind}: {node:?}");
            }
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{kind}");
        }
    }
}

#[test]
fn golden_drawings() {
    let run = Run::of(golden("v1.1-small"));
    for kind in [Kind::Latency, Kind::Box, Kind::Matrix] {
        insta::assert_snapshot!(kind.name(), svg(&drawn(kind, &run), &Look::default()));
    }
}

#[test]
fn pixels_are_twice_as_many() {
    let run = Run::of(golden("v1.1-small"));
    for kind in kinds(&run) {
        let figure = drawn(kind, &run);
        let bytes = png(&figure, &Look { width: 480.0, ..Look::default() }).unwrap();
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n", "{kind}");
        assert_eq!(bytes[16..20], 960_u32.to_be_bytes(), "{kind}");
        let text = svg(&figure, &Look { width: 480.0, ..Look::default() });
        let document = Document::parse(&text).unwrap();
        let height = number(document.root_element(), "height") * 2.0;
        let high = u32::from_be_bytes(bytes[20..24].try_into().unwrap());
        assert!((f64::from(high) - height).abs() <= 2.0, "{kind}: {high} for {height}");
    }
}

/// A page may give a light drawing dark colours: every class that is drawn with has its rule.
#[test]
fn every_class_has_a_colour_in_the_other_theme() {
    let run = Run::of(golden("v1.1-small"));
    let css = theme_css(".dark", Theme::Dark);
    for kind in kinds(&run) {
        let text = svg(&drawn(kind, &run), &Look::default());
        let document = Document::parse(&text).unwrap();
        for class in document.root_element().descendants().filter_map(|n| n.attribute("class")) {
            assert!(css.contains(&format!(".dark .{class}{{")), "{kind}: {class}");
        }
    }
}

/// Many runs with long names, some of them marked: nothing leaves the drawing.
#[test]
fn a_trend_of_many_runs() {
    for runs in [1, 2, 40] {
        let standing = |i: usize| [Standing::Fine, Standing::Failed, Standing::Doubtful][i % 3];
        let step = |i: usize| Step {
            name: format!("20261120-19{i:02}02-a-checkout-with-a-long-name-7f3a"),
            value: (i % 7 != 3).then_some(1.0 + i as f64),
            standing: standing(i),
        };
        let steps: Vec<Step> = (0..runs).map(step).collect();
        let made = trend("p95 of GET /a/long/path", Unit::Milliseconds, &steps, &[]);
        for width in [320.0, 960.0] {
            for theme in [Theme::Light, Theme::Dark] {
                check(
                    Kind::Trend,
                    &svg(&made, &Look { width, theme, ..Look::default() }),
                    &format!("{runs} {width}"),
                );
            }
        }
    }
}
