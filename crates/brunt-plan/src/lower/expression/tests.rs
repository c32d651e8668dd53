use super::*;
use brunt_workload::{Alphabet, Choice, Generator, TimeForm};

fn lit(text: &str) -> TextPart {
    TextPart::Literal(text.into())
}

fn int(min: i64, max: i64) -> TextPart {
    TextPart::generated(Generator::Int { min, max })
}

fn one_of(texts: &[&str]) -> TextPart {
    TextPart::generated(Generator::OneOf(texts.iter().map(|t| (*t).to_owned()).collect()))
}

#[test]
fn parts() {
    for (text, expected) in [
        ("", vec![]),
        ("a$b$", vec![lit("a$b$")]),
        ("$${x}", vec![lit("${x}")]),
        ("/p/${int(1,500)}/x", vec![lit("/p/"), int(1, 500), lit("/x")]),
        ("${int(-5,-1)}", vec![int(-5, -1)]),
        ("${uuid()}${ int( 2 , 2 ) }", vec![TextPart::generated(Generator::Uuid), int(2, 2)]),
        ("${choice(a, 'b, c',\"}\")}", vec![one_of(&["a", "b, c", "}"])]),
        ("${choice(,)}", vec![one_of(&["", ""])]),
        ("${float(0,1)}", vec![TextPart::generated(Generator::Float { min: 0.0, max: 1.0, digits: 2 })]),
        ("${bool(30%)}", vec![TextPart::generated(Generator::Bool { chance: 0.3 })]),
        (
            "${weighted('a:b':0.75, c:0.25)}",
            vec![TextPart::generated(Generator::Weighted(
                vec!["a:b".into(), "c".into()],
                Choice::new([3, 1]),
            ))],
        ),
        (
            "${hex(2,8)}",
            vec![TextPart::generated(Generator::Chars { alphabet: Alphabet::Hex, min: 2, max: 8 })],
        ),
        (
            "${now(-1h30m)}",
            vec![TextPart::generated(Generator::Time { form: TimeForm::Rfc3339, offset_ms: -5_400_000 })],
        ),
        (
            "${date(365d)}",
            vec![TextPart::generated(Generator::Time { form: TimeForm::Date, offset_ms: 31_536_000_000 })],
        ),
    ] {
        assert_eq!(parse(text, &Names::default()), Ok(expected), "{text}");
    }
}

/// The marked piece of each text, with what is wrong with it.
#[test]
fn problems_point() {
    for (text, marked) in [
        ("a ${", "${"),
        ("${}", "${}"),
        ("${int(1,2)", "${"),
        ("${int}", "int"),
        ("x ${ itn(1,2) }", "itn"),
        ("${int(5,1)}", "int(5,1)"),
        ("${int(1)}", "int(1)"),
        ("${int(1, x)}", "x"),
        ("${zipf(1,5, 99)}", "99"),
        ("${float(0,1,10)}", "10"),
        ("${bool(2)}", "2"),
        ("${uuid(1)}", "uuid(1)"),
        ("${choice()}", "choice()"),
        ("${weighted(a:1, b)}", "b"),
        ("${weighted(a:0)}", "weighted(a:0)"),
        ("${weighted(a:x)}", "a:x"),
        ("${words(5,2)}", "words(5,2)"),
        ("${digits(-1)}", "-1"),
        ("${now(soon)}", "soon"),
        ("${pick(ids)}", "ids"),
        ("${token}", "token"),
        ("${people.name}", "people.name"),
        ("${a(b}", "a(b"),
    ] {
        let problems = parse(text, &Names::default()).unwrap_err();
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        assert_eq!(&text[problems[0].range.clone()], marked, "{text}: {problems:?}");
    }
    let both = parse("${itn(1)} ${tokn}", &Names::default()).unwrap_err();
    assert_eq!(both.len(), 2, "all problems of a text in one go");
}

#[test]
fn every_function_has_an_example_that_works() {
    for name in function_names() {
        let result = parse(example_of(name), &Names::default());
        let needs_a_value = PICKS.iter().any(|p| p.0 == name);
        assert_eq!(result.is_ok(), !needs_a_value, "{name}: {result:?}");
    }
}
