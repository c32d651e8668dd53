use super::Notes;
use crate::diagnostic::Diagnostic;
use crate::tree::Node;
pub(super) fn looks_like(_: &Node) -> bool { false }
pub(super) fn plan(_: &Node, _: &mut Vec<Diagnostic>, _: &mut Notes) -> Option<Node> { None }
