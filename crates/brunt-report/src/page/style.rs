//! The page's one style sheet and its one script, and the policy that allows them and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brunt_figure::{Theme, theme_css};
use sha2::{Digest, Sha256};

const BASE: &str = "\
:root{--ground:#fff;--text:#16202c;--soft:#566273;--line:#dfe4ea;--box:#f4f6f8;--pass:#1b6e3c;--fail:#b3261e;--doubt:#8a5300;--link:#0b5fa5}\
*{box-sizing:border-box}html{scroll-padding-top:3rem}\
body{margin:0;font:15px/1.5 system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;color:var(--text);background:var(--ground);font-variant-numeric:tabular-nums}\
main{max-width:66rem;margin:0 auto;padding:0 1rem 3rem}\
nav{position:sticky;top:0;display:flex;gap:1rem;overflow-x:auto;padding:.6rem 1rem;background:var(--ground);border-bottom:1px solid var(--line);font-size:14px;white-space:nowrap}\
a{color:var(--link)}.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--ground);padding:.3rem}\
:focus-visible{outline:2px solid var(--link);outline-offset:2px}\
h1{font-size:1.5rem;margin:1.2rem 0 .2rem;overflow-wrap:anywhere}h2{font-size:1.2rem;margin:2.4rem 0 .6rem;border-bottom:1px solid var(--line)}\
h3{font-size:1rem;margin:1.4rem 0 .3rem;overflow-wrap:anywhere}p{margin:.4rem 0;max-width:75ch}.soft{color:var(--soft)}\
.decision{border:1px solid var(--line);border-left:6px solid var(--soft);background:var(--box);padding:.7rem 1rem;margin:1rem 0}\
.decision.pass{border-left-color:var(--pass)}.decision.fail{border-left-color:var(--fail)}.decision.doubt{border-left-color:var(--doubt)}\
.decision strong{font-size:1.15rem}.pass>strong{color:var(--pass)}.fail>strong{color:var(--fail)}.doubt>strong{color:var(--doubt)}\
dl.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.6rem;margin:1rem 0}\
dl.tiles div{background:var(--box);padding:.5rem .7rem}dt{color:var(--soft);font-size:13px}dd{margin:0;font-size:1.15rem}dd small{display:block;font-size:13px;color:var(--soft)}\
.table{overflow-x:auto;margin:.6rem 0}table{border-collapse:collapse;font-size:14px;min-width:100%}\
th,td{text-align:right;padding:.3rem .6rem;border-bottom:1px solid var(--line);white-space:nowrap}\
thead th{color:var(--soft);font-weight:600}th[scope=row],thead th:first-child{text-align:left;font-weight:400;white-space:normal;overflow-wrap:anywhere;min-width:10rem}\
td.words{text-align:left;white-space:normal}.s-failed{color:var(--fail)}.s-passed{color:var(--pass)}.s-doubt{color:var(--doubt)}\
figure{margin:1.2rem 0}figure .drawing{overflow-x:auto}figure svg{max-width:none;display:block}figcaption{font-weight:600}\
figcaption p{font-weight:400}button{font:inherit;color:inherit;background:none;border:1px solid var(--line);border-radius:4px;padding:0 .5rem;cursor:pointer}th button{border:0;padding:0;font-weight:inherit;text-align:inherit}\
[aria-sort=ascending] button::after{content:' ↑'}[aria-sort=descending] button::after{content:' ↓'}\
[data-along] *{vector-effect:non-scaling-stroke}figure svg:has([data-along]){touch-action:pan-x pan-y;user-select:none}.read{min-height:3em}\
.zoom{position:fixed;right:1rem;bottom:1rem;padding:.5rem .7rem;background:var(--box);border:1px solid var(--soft)}\
details{margin:.3rem 0}summary{color:var(--soft);cursor:pointer;font-size:14px}\
ol.findings{padding-left:1.4rem}ol.findings>li{margin:0 0 1rem}ul{padding-left:1.2rem;margin:.3rem 0}pre{overflow-x:auto;background:var(--box);padding:.7rem;font-size:13px}\
@media print{nav,.skip,.zoom,.read{display:none}.table,figure .drawing{overflow:visible}figure,li,tr{break-inside:avoid}details{display:none}body{font-size:12px}}";

const DARK: &str = "\
:root{--ground:#0f141b;--text:#e8edf3;--soft:#a3b0c0;--line:#2a3340;--box:#171e27;--pass:#7ddc9b;--fail:#ff8a80;--doubt:#ffc46b;--link:#6bb4ff}";

/// The style sheet. Drawings are light by themselves; in a dark page their classes get dark colours.
pub(super) fn sheet() -> String {
    format!(
        "{BASE}@media screen and (prefers-color-scheme:dark){{{DARK}{}}}",
        theme_css("figure", Theme::Dark)
    )
}

/// The script: without comments and indents, for the page's size.
pub(super) fn script() -> String {
    let lines = include_str!("report.js").lines().map(str::trim_start);
    lines.filter(|line| !line.starts_with("//")).flat_map(|line| [line, "\n"]).collect()
}

/// Nothing is loaded; of styles and scripts, these alone.
pub(super) fn policy(sheet: &str, script: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(script),
        hash(sheet)
    )
}
