//! What shells and `man` want to know of the command line.

use crate::args::{Args, CompletionsArgs, ManArgs};
use crate::console::Console;
use crate::exit;
use clap::CommandFactory;
use std::fs;

/// `brunt completions`.
pub(crate) fn completions(args: &CompletionsArgs, console: Console) -> u8 {
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "brunt", &mut out);
    console.print(&String::from_utf8_lossy(&out));
    0
}

/// `brunt man`.
pub(crate) fn man(args: &ManArgs, console: Console) -> u8 {
    let command = Args::command();
    let written = if let Some(folder) = &args.folder {
        fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder))
    } else {
        let mut out = Vec::new();
        let rendered = clap_mangen::Man::new(command).render(&mut out);
        console.print(&String::from_utf8_lossy(&out));
        rendered
    };
    match written {
        Ok(()) => 0,
        Err(e) => {
            console.error(format!("the man page cannot be written: {e}"));
            exit::USAGE
        }
    }
}
