use super::Notes;
use super::call::Secrets;
use crate::diagnostic::Diagnostic;
use crate::tree::Node;
pub(super) fn looks_like(_: &Node) -> bool { false }
pub(super) fn plan(_: &Node, _: &mut Secrets, _: &mut Vec<Diagnostic>, _: &mut Notes) -> Option<Node> { None }
