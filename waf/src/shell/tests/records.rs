//! Values between semicolons.

use super::*;

#[test]
fn words_of_a_record_that_do_nothing_without_an_argument_are_no_commands_of_windows() {
    let benign = [
        "4;1;CONTROL;0;1;",
        "5;2;FORMAT;1;0;",
        "12;Sort;7;3",
        "2024-01-03;12.5;Label;-4;0",
        "8;;Print;;4;",
        "3;Title;Color;Date;2024-05-01",
    ];
    assert_eq!(missed(&benign, |text| !is_windows(text)), NONE);
    let attacks = [
        // What tells or does something alone.
        "4;1;dir;0;1;",
        "4;1;SET;0;1;",
        "4;1;logoff;0;1;",
        "4;1;control;calc;1;",
        "4;1;whoami;0;1;",
        "4;1;1;tasklist",
        "4;1;control.exe;0;1;",
        // An argument, or another separator.
        "4;1;control /name x;0;1;",
        "4;1;1;type c:\\boot.ini;0;",
        "4;1;control;0|whoami;1",
        "4;1;control;0&net user;1",
        "&;;type;c:\\boot.ini",
        // Less than a record.
        "4;control;0",
        "4&control",
        ";control",
        ";control;0;1;",
    ];
    assert_eq!(missed(&attacks, is_windows), NONE);
}
