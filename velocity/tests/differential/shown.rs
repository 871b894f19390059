//! Templates that show how references and operands are written: what is null adds that to a string.

use crate::generate::Generator;

/// What is null, or within what is null, and sometimes has signs that are lost on the way.
const NOTHING: &[&str] = &[
    "$nope",
    "$!nope",
    "${nope}",
    "$!{nope.a}",
    "$nope.a",
    "$nope[1]",
    "$nope.a( 1 , $s )",
    "\\$nope",
    "\\\\$nope",
    "$$nope",
    "$nope[\\$s]",
    "$nope[$$s]",
    "$nope.a(\\\\$s)",
    "$nope.a([ \\$s, $$t ])",
    "$nope.a({\\$s: $$t})",
    "$nope$!.a",
    "$nope.b$!.a()",
    "$s$!.nope",
    "[$nope..3]",
    "[ 1 .. $nope ]",
    "$y",
];
const SOMETHING: &[&str] =
    &["1", "0", "'text'", "$s", "$i", "$s$!.length()", "[1]", "$e", "true", "$x"];
/// Signs in text, which begin references or do not.
const SIGNS: &[&str] = &[
    "$!.text",
    "$.text",
    "\\$.text",
    "$$.text",
    "$\\!.a",
    "$\\\\!.a",
    "\\$!.a",
    "$!{&",
    "${&",
    "$!&",
    "$!-",
    "\\$&",
    "$\\!s",
    "\\$\\!s",
    "#foo(\\$s)",
    "#foo($s, $$t)",
    "#foo($nope.a($ 1))",
    "#@foo($$s)a#end",
    "$!{",
    "}",
];

impl Generator {
    /// Sums in which one side may be a string and the other null, or references among signs.
    pub(crate) fn shown(&mut self) -> String {
        if self.below(3) == 0 {
            let count = 1 + self.below(5);
            let sign = |generator: &mut Self| match generator.below(3) {
                0 => generator.pick(NOTHING),
                _ => generator.pick(SIGNS),
            };
            return (0..count).map(|_| sign(self)).collect();
        }
        let (sum, blank) = (self.sum(3), self.pick(&["", " ", "  "]));
        let value = format!("#set($x ={blank}{sum}{blank})$x|");
        // A block within itself has no text.
        if self.below(8) == 0 { format!("#define($y){value}#end$y") } else { value }
    }

    fn sum(&mut self, depth: u64) -> String {
        if self.below(4) >= depth {
            let of = if self.below(3) == 0 { SOMETHING } else { NOTHING };
            return self.pick(of).into();
        }
        let blank = self.pick(&["", " ", "  ", "\t", "\n"]);
        let operator = self.pick(&["+", "+", "+", "-", "*", "/", "%"]);
        match self.below(5) {
            0 => format!("({blank}{})", self.sum(depth - 1)),
            1 => format!("'text'{blank}+{blank}{}", self.sum(depth - 1)),
            2 => format!("{}{blank}+{blank}'text'", self.sum(depth - 1)),
            _ => {
                format!("{}{blank} {operator} {blank}{}", self.sum(depth - 1), self.sum(depth - 1))
            }
        }
    }
}
