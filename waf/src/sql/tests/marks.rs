//! What is told from the marks of a text, and what reading it tells.

use super::*;
use crate::samples;

#[test]
fn no_text_is_passed_over_by_its_marks_that_has_a_trace() {
    for name in
        ["msdb", "msysaces", "openrowset", "sp_oacreate", "syscolumns", "sysmaster", "tempdb"]
    {
        assert!(traces::has_traces(name.as_bytes(), Marks::of(name.as_bytes())), "{name}");
    }
    for text in samples::texts() {
        let marks = Marks::of(&text);
        // Whatever a mark spares is looked for where the mark is said to be there.
        let all = marks.with(Marks::LETTERS).with(Marks::any_of(b"_$.@("));
        let shown = text.escape_ascii();
        assert_eq!(traces::has_traces(&text, marks), traces::has_traces(&text, all), "{shown}");
    }
}

#[test]
fn no_text_is_passed_over_by_its_marks_that_continues_an_operand_or_a_string() {
    for text in samples::texts() {
        let marks = Marks::of(&text);
        let is_name = marks.is_within(Marks::WORD.with(Marks::any_of(b".")));
        let all = marks.with(Marks::any_of(if is_name { b"0" } else { b"0)-:\n" }));
        let shown = text.escape_ascii();
        assert_eq!(is_plain_injection(&text, marks), is_plain_injection(&text, all), "{shown}");
    }
}
