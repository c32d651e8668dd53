//! Path patterns: literal segments and `{name}`, which may be a part of its segment.

/// A pattern such as `/products/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Parameter(String),
    /// A parameter between literal ends: `{name}.json`.
    Part {
        before: String,
        name: String,
        after: String,
    },
}

/// The values of a pattern's parameters in a path, as they stand there (percent-encoding is not undone), in order.
pub(crate) type Values<'a> = Vec<&'a str>;

impl Pattern {
    /// Reads a pattern; the error is a sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix('/') else {
            return Err(format!("`{text}` does not begin with `/`"));
        };
        if let Some(bad) = rest.chars().find(|c| matches!(c, '?' | '#' | ' ') || c.is_control()) {
            return Err(format!("`{text}` contains {bad:?}; a pattern is a path without query"));
        }
        let segments = rest.split('/').map(segment).collect::<Option<Vec<_>>>();
        let segments = segments.ok_or_else(|| {
            format!("`{text}` has a brace; a segment has one parameter at most, `{{name}}`")
        })?;
        let pattern = Self { segments };
        let names: Vec<&str> = pattern.names().collect();
        match names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
            Some((_, twice)) => Err(format!("`{text}` has the parameter `{twice}` twice")),
            None => Ok(pattern),
        }
    }

    /// The names of the parameters in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Literal(_) => None,
            Segment::Parameter(name) | Segment::Part { name, .. } => Some(name.as_str()),
        })
    }

    /// The parameters' values if `path` (without query) matches. Segments compare exactly; a parameter is not empty.
    pub(crate) fn matches<'a>(&self, path: &'a str) -> Option<Values<'a>> {
        let mut values = Vec::new();
        let mut found = path.strip_prefix('/')?.split('/');
        for segment in &self.segments {
            let text = found.next()?;
            match segment {
                Segment::Literal(literal) if literal == text => {}
                Segment::Parameter(_) if !text.is_empty() => values.push(text),
                Segment::Part { before, after, .. } => {
                    let value = text.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                    values.push(Some(value).filter(|value| !value.is_empty())?);
                }
                Segment::Literal(_) | Segment::Parameter(_) => return None,
            }
        }
        found.next().is_none().then_some(values)
    }

    /// Whether `path` begins with this pattern, by whole segments.
    pub(crate) fn is_above(&self, path: &str) -> bool {
        let segments = self.segments.len();
        let end = path.match_indices('/').nth(segments).map_or(path.len(), |(index, _)| index);
        self.matches(&path[..end]).is_some()
    }
}

fn segment(text: &str) -> Option<Segment> {
    let Some((before, rest)) = text.split_once('{') else {
        return (!text.contains('}')).then(|| Segment::Literal(text.to_owned()));
    };
    let (name, after) = rest.split_once('}')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name || before.contains('}') || after.contains(['{', '}']) {
        return None;
    }
    let (before, name, after) = (before.to_owned(), name.to_owned(), after.to_owned());
    let is_whole = before.is_empty() && after.is_empty();
    Some(if is_whole { Segment::Parameter(name) } else { Segment::Part { before, name, after } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_paths() {
        for (pattern, path, expected) in [
            ("/", "/", Some(vec![])),
            ("/", "/x", None),
            ("/products", "/products", Some(vec![])),
            ("/products", "/products/", None),
            ("/products/{id}", "/products/7", Some(vec!["7"])),
            ("/products/{id}", "/products/", None),
            ("/products/{id}", "/products", None),
            ("/products/{id}", "/products/7/reviews", None),
            ("/a/{x}/b/{y}", "/a/1/b/2", Some(vec!["1", "2"])),
            ("/a/{x}/b/{y}", "/a/1/c/2", None),
            ("/a", "*", None),
            ("/a/{x}.json", "/a/7.json", Some(vec!["7"])),
            ("/a/{x}.json", "/a/.json", None),
            ("/a/{x}.json", "/a/7.xml", None),
            ("/v{x}", "/v2", Some(vec!["2"])),
        ] {
            let pattern = Pattern::parse(pattern).expect(pattern);
            assert_eq!(pattern.matches(path), expected, "{pattern:?} {path}");
        }
        for pattern in ["", "x", "/a?b", "/{}", "/a{b", "/a}", "/{a}{b}", "/{a", "/{a}/{a}", "/{a b}"] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
