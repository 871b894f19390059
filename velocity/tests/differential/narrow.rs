//! Templates with what only methods return, a `Byte`, a `Short`, a `Float` or a `Character`, and with null among the arguments.

use crate::generate::Generator;

/// Each is of one of the classes, but for the last, which they meet.
const NARROW: &[&str] = &[
    "$i.byteValue()",
    "$j.byteValue()",
    "$w.byteValue()",
    "$z.byteValue()",
    "$i.shortValue()",
    "$j.shortValue()",
    "$l.shortValue()",
    "$d.shortValue()",
    "$d.floatValue()",
    "$i.floatValue()",
    "$j.floatValue()",
    "$s.charAt(0)",
    "$s.charAt(1)",
    "$t.charAt(1)",
    "$s.toCharArray()[4]",
    "$x",
    "$y",
    "$x",
    "$y",
    "$d",
    "$i",
    "$l",
    "'e'",
    "127",
    "12345678901234567890",
];
const OPERATORS: &[&str] =
    &["+", "-", "*", "/", "%", "+", "-", "*", "==", "!=", "<", "<=", ">", ">="];
const OF_NONE: &[&str] = &[
    "toString",
    "hashCode",
    "intValue",
    "longValue",
    "shortValue",
    "byteValue",
    "floatValue",
    "doubleValue",
    "charValue",
    "isNaN",
    "isInfinite",
    "length",
];
const OF_ONE: &[&str] = &[
    "equals",
    "compareTo",
    "valueOf",
    "toString",
    "hashCode",
    "toUnsignedInt",
    "toUnsignedLong",
    "reverseBytes",
    "isNaN",
    "isDigit",
    "isLetter",
    "isLetterOrDigit",
    "isAlphabetic",
    "isUpperCase",
    "isLowerCase",
    "isWhitespace",
    "toUpperCase",
    "toLowerCase",
    "getNumericValue",
];
const OF_TWO: &[&str] = &["compare", "compareUnsigned", "max", "min", "sum", "toString"];
const READ: &[&str] =
    &["parseByte", "parseShort", "parseFloat", "parseDouble", "valueOf", "decode"];
const TEXTS: &[&str] = &[
    "'5'",
    "'-7'",
    "'127'",
    "'128'",
    "'-128'",
    "'32767'",
    "'32768'",
    "'0x7F'",
    "'#80'",
    "'1.5'",
    "'1e40'",
    "'1f'",
    "' 0.1d '",
    "'NaN'",
    "'nan'",
    "'-Infinity'",
    "'inf'",
    "'.5'",
    "'e'",
    "''",
];

impl Generator {
    /// Two values are set, and looked at.
    pub(crate) fn narrow(&mut self) -> String {
        let (x, y) = (self.pick(NARROW), self.pick(NARROW));
        let mut text = format!("#set($x = {x})#set($y = {y})$x $y ");
        for _ in 0..1 + self.below(4) {
            let (a, b) = (self.pick(NARROW), self.pick(NARROW));
            text += &match self.below(10) {
                0 | 1 => {
                    format!("#set($x = {a} {} {b})$x $x.hashCode() ", self.pick(OPERATORS))
                }
                2 => format!("#if({a} == {b})E#end#if({a} < {b})L#end "),
                3 => format!("#set($x = 'a' + {a} + {b})$x "),
                4 => format!("#set($m = {{{a}: 1, {b}: 2}})$m $m.get($x) $m.hashCode() "),
                5 => format!(
                    "#set($k = [{a}, {b}, 5, 'e'])$k.contains($x) $k.indexOf($y) $k.hashCode() $k.remove($x) $k "
                ),
                6 => format!(
                    "$s.format('%{}', {a}) ",
                    self.pick(&["x", "X", "d", "s", "c", "b", "5d", ".2f"])
                ),
                // Of both ends near each other: Velocity makes a list of all between.
                7 => {
                    let ends = &[
                        "$z.byteValue()",
                        "$i.shortValue()",
                        "$d.floatValue()",
                        "$i",
                        "$t.charAt(0)",
                    ];
                    format!("#foreach($q in [{}..{}])$q#end ", self.pick(ends), self.pick(ends))
                }
                _ => format!("${} ", self.narrow_call()),
            };
        }
        text + self.line_end()
    }

    fn narrow_call(&mut self) -> String {
        let (a, b) = (self.pick(NARROW), self.pick(NARROW));
        let of = self.pick(&[
            "x",
            "y",
            "x",
            "y",
            "s.charAt(2)",
            "d.floatValue()",
            "i.byteValue()",
            "i.shortValue()",
            "l",
            "d",
        ]);
        match self.below(14) {
            0 | 1 => format!("{of}.{}()", self.pick(OF_NONE)),
            2..=5 => format!("{of}.{}({a})", self.pick(OF_ONE)),
            6 | 7 => format!("{of}.{}({a}, {b})", self.pick(OF_TWO)),
            8 => format!("{of}.{}({})", self.pick(READ), self.pick(TEXTS)),
            9 => format!(
                "s.{}({a})",
                self.pick(&["substring", "charAt", "indexOf", "concat", "valueOf", "codePointAt"])
            ),
            10 => format!(
                "s.{}({a}, {b})",
                self.pick(&["substring", "replace", "indexOf", "startsWith"])
            ),
            11 => format!("list.{}({a})", self.pick(&["get", "remove", "contains", "add"])),
            12 => format!("list.{}({a}, {b})", self.pick(&["set", "add", "subList"])),
            _ => format!("list[{a}]"),
        }
    }

    /// A method with null where it takes something.
    pub(crate) fn nulls(&mut self) -> String {
        let method = self.pick(&[
            "s.concat",
            "s.indexOf",
            "s.lastIndexOf",
            "s.contains",
            "s.startsWith",
            "s.endsWith",
            "s.equals",
            "s.equalsIgnoreCase",
            "s.compareTo",
            "s.compareToIgnoreCase",
            "s.matches",
            "s.split",
            "s.substring",
            "s.charAt",
            "s.valueOf",
            "s.format",
            "s.replace",
            "s.replaceAll",
            "s.replaceFirst",
            "list.add",
            "list.addAll",
            "list.contains",
            "list.containsAll",
            "list.removeAll",
            "list.remove",
            "list.get",
            "list.set",
            "list.indexOf",
            "map.get",
            "map.put",
            "map.putAll",
            "map.containsKey",
            "map.remove",
            "i.valueOf",
            "i.parseInt",
            "i.decode",
            "i.compareTo",
            "i.equals",
            "l.parseLong",
            "d.valueOf",
            "d.parseDouble",
            "d.compareTo",
            "yes.valueOf",
            "yes.parseBoolean",
            "yes.compareTo",
            "yes.equals",
            "i.byteValue().valueOf",
            "d.floatValue().parseFloat",
            "s.charAt(0).compareTo",
            "s.charAt(0).isDigit",
            "list.get(0).concat",
        ]);
        let null = self.pick(&["null", "$nope", "$map.inner.none", "$mixed[4]"]);
        let other = self.pick(&["'o'", "'zz'", "1", "$list", "$nope", "'%s %s'"]);
        let arguments = match self.below(6) {
            0 => format!("{null}, {other}"),
            1 => format!("{other}, {null}"),
            2 => null.into(),
            3 => other.into(),
            _ => null.into(),
        };
        // An array would print where it is in memory.
        let of = if method == "s.split" { ".size()" } else { "" };
        format!("a${method}({arguments}){of}b{}", self.line_end())
    }
}
