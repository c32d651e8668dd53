//! Command lines as a shell reads them: words with quotes, line continuations, and variables of the environment.
//!
//! Nothing is executed. `$NAME` becomes `${env.NAME}`; what a plan cannot say is complained about.

use super::super::call::plain;
use crate::diagnostic::Diagnostic;
use crate::tree::Span;
use std::fmt::Write;

/// A word as a template, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) span: Span,
}

/// The commands of a text, each as its words.
pub(super) fn commands(text: &str, problems: &mut Vec<Diagnostic>) -> Vec<Vec<Word>> {
    let mut lexer = Lexer { text, at: 0, word: None, words: Vec::new(), commands: Vec::new(), problems };
    if text.starts_with('\u{feff}') {
        lexer.at = '\u{feff}'.len_utf8();
    }
    lexer.run();
    lexer.commands
}

struct Lexer<'t, 'p> {
    text: &'t str,
    at: usize,
    /// The word begun: what is a template already, literal text after it, and its start.
    word: Option<Begun>,
    words: Vec<Word>,
    commands: Vec<Vec<Word>>,
    problems: &'p mut Vec<Diagnostic>,
}

struct Begun {
    template: String,
    literal: String,
    start: usize,
}

impl Lexer<'_, '_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn begin(&mut self, start: usize) -> &mut Begun {
        self.word.get_or_insert_with(|| Begun { template: String::new(), literal: String::new(), start })
    }

    fn push(&mut self, start: usize, c: char) {
        self.begin(start).literal.push(c);
    }

    fn end_word(&mut self, end: usize) {
        if let Some(mut word) = self.word.take() {
            word.template.push_str(&plain(&word.literal));
            self.words.push(Word { text: word.template, span: word.start..end });
        }
    }

    fn end_command(&mut self, end: usize) {
        self.end_word(end);
        let words = std::mem::take(&mut self.words);
        if !words.is_empty() {
            self.commands.push(words);
        }
    }

    fn run(&mut self) {
        loop {
            let start = self.at;
            let Some(c) = self.next() else { break };
            match c {
                '\n' | ';' | '&' | '|' => self.end_command(start),
                ' ' | '\t' | '\r' => self.end_word(start),
                '#' if self.word.is_none() => {
                    let rest = &self.text[self.at..];
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                // `2>&1`, `> file`: where the output goes is of no matter.
                '<' | '>' => self.redirection(start),
                '\\' => self.escaped(start),
                '\'' => self.single(start),
                '"' => self.double(start),
                '$' => self.dollar(start),
                '`' => self.substitution(start, '`'),
                c => self.push(start, c),
            }
        }
        self.end_command(self.text.len());
    }

    fn redirection(&mut self, start: usize) {
        // The number of a file descriptor is no word.
        if self
            .word
            .as_ref()
            .is_some_and(|w| w.literal.bytes().all(|b| b.is_ascii_digit()) && w.template.is_empty())
        {
            self.word = None;
        }
        self.end_word(start);
        let rest = self.text[self.at..].trim_start_matches(['>', '<', '&', ' ', '\t']);
        let begin = self.text.len() - rest.len();
        let len = rest.find([' ', '\t', '\n', ';', '|']).unwrap_or(rest.len());
        self.at = begin + len;
        if self.text[start..].starts_with('<') {
            let d = Diagnostic::error(&(start..self.at), "the input comes from elsewhere");
            self.problems
                .push(d.label("a plan has no standard input").help("name the file: `--data-binary @file`"));
        }
    }

    fn escaped(&mut self, start: usize) {
        match self.next() {
            Some('\n') | None => {}
            Some('\r') if self.peek() == Some('\n') => _ = self.next(),
            Some(c) => self.push(start, c),
        }
    }

    fn unclosed(&mut self, start: usize, quote: &str) {
        let d = Diagnostic::error(&(start..start + 1), format!("`{quote}` is not closed"));
        self.problems.push(d.label("the text begins here"));
    }

    fn single(&mut self, start: usize) {
        self.begin(start);
        loop {
            match self.next() {
                Some('\'') => return,
                Some(c) => self.push(start, c),
                None => return self.unclosed(start, "'"),
            }
        }
    }

    fn double(&mut self, start: usize) {
        self.begin(start);
        loop {
            let at = self.at;
            match self.next() {
                Some('"') => return,
                Some('\\') => match self.next() {
                    Some('\n') => {}
                    Some(c @ ('"' | '\\' | '$' | '`')) => self.push(start, c),
                    Some(c) => {
                        self.push(start, '\\');
                        self.push(start, c);
                    }
                    None => return self.unclosed(start, "\""),
                },
                Some('$') if matches!(self.peek(), Some('"' | '\'')) => self.push(start, '$'),
                Some('$') => self.dollar(at),
                Some('`') => self.substitution(at, '`'),
                Some(c) => self.push(start, c),
                None => return self.unclosed(start, "\""),
            }
        }
    }

    /// `$'...'`, `$NAME`, `${NAME}`, `$(command)`, or a dollar.
    fn dollar(&mut self, start: usize) {
        let rest = &self.text[self.at..];
        let name_len = |text: &str| {
            let digit_first = text.starts_with(|c: char| c.is_ascii_digit());
            let len = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
            if digit_first { 0 } else { len }
        };
        if rest.starts_with('\'') {
            self.at += 1;
            return self.ansi(start);
        }
        if rest.starts_with('(') {
            return self.substitution(start, ')');
        }
        if let Some(inner) = rest.strip_prefix('{') {
            let len = name_len(inner);
            let after = &inner[len..];
            let default = after.strip_prefix(":-").and_then(|d| d.split_once('}')).map(|(d, _)| d);
            let end = match (after.starts_with('}'), default) {
                (true, _) => Some((String::new(), 1)),
                (false, Some(default)) => Some((format!(":-{default}"), default.len() + 3)),
                (false, None) => None,
            };
            if let Some((default, more)) = end.filter(|_| len > 0) {
                let name = format!("{}{default}", &inner[..len]);
                self.at += 1 + len + more;
                return self.variable(start, &name);
            }
            let d = Diagnostic::error(&(start..self.at + 1), "this expansion cannot be taken over");
            self.problems.push(d.label("`$NAME`, `${NAME}` and `${NAME:-default}` can"));
            return;
        }
        match name_len(rest) {
            0 => self.push(start, '$'),
            len => {
                let name = rest[..len].to_owned();
                self.at += len;
                self.variable(start, &name);
            }
        }
    }

    fn variable(&mut self, start: usize, name: &str) {
        let word = self.begin(start);
        let literal = std::mem::take(&mut word.literal);
        word.template.push_str(&plain(&literal));
        // Writing to a String cannot fail.
        let _ = write!(word.template, "${{env.{name}}}");
    }

    fn substitution(&mut self, start: usize, close: char) {
        let rest = &self.text[self.at..];
        let len = rest.find(close).map_or(rest.len(), |at| at + close.len_utf8());
        self.at += len;
        let d = Diagnostic::error(&(start..self.at), "the output of a command cannot be taken over");
        self.problems.push(d.help("put it into an environment variable: `$NAME`"));
    }

    /// `$'...'`, as browsers write it.
    fn ansi(&mut self, start: usize) {
        self.begin(start);
        loop {
            match self.next() {
                Some('\'') => return,
                Some('\\') => self.ansi_escape(start),
                Some(c) => self.push(start, c),
                None => return self.unclosed(start, "$'"),
            }
        }
    }

    fn ansi_escape(&mut self, start: usize) {
        let Some(c) = self.next() else { return };
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let rest = &self.text[self.at..];
            let len = rest.bytes().take(digits).take_while(u8::is_ascii_hexdigit).count();
            let code = u32::from_str_radix(&rest[..len], 16).ok().and_then(char::from_u32);
            self.at += len;
            return self.push(start, code.unwrap_or('\u{fffd}'));
        }
        self.push(
            start,
            match c {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                'a' => '\u{7}',
                'b' => '\u{8}',
                'e' => '\u{1b}',
                'f' => '\u{c}',
                'v' => '\u{b}',
                other => other,
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (text, expected) in [
            ("curl a  b", "curl|a|b"),
            ("curl 'a b'\"c\"d", "curl|a bcd"),
            ("curl \\\n  -H 'x: y' \\\r\n  z", "curl|-H|x: y|z"),
            ("curl a # b\ncurl c", "curl|a;curl|c"),
            ("curl \"a\\\"b\\nc\\$d\"", "curl|a\"b\\nc$d"),
            ("curl $'a\\'b\\u0021\\n'", "curl|a'b!\n"),
            ("curl \"$HOST/x\" ${A} ${B:-c} $1", "curl|${env.HOST}/x|${env.A}|${env.B:-c}|$1"),
            ("curl '${x}' \\$y", "curl|$${x}|$y"),
            ("curl a | jq . && curl b; curl ''", "curl|a;jq|.;curl|b;curl|"),
            ("curl a > out 2>/dev/null", "curl|a"),
            ("# only\n\n", ""),
        ] {
            let mut problems = Vec::new();
            let commands: Vec<String> = commands(text, &mut problems)
                .iter()
                .map(|c| c.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join("|"))
                .collect();
            assert_eq!(commands.join(";"), expected, "{text}");
            assert_eq!(problems, [], "{text}");
        }
    }

    #[test]
    fn what_a_plan_cannot_say_is_complained_about() {
        for text in [
            "curl $(date)",
            "curl `date`",
            "curl 'a",
            "curl \"a",
            "curl ${a%%b}",
            "curl -d @- < f",
            "curl $'a",
        ] {
            let mut problems = Vec::new();
            commands(text, &mut problems);
            assert_eq!(problems.len(), 1, "{text}");
        }
    }
}
