//! Templates where an `Integer` and a `Long` meet: at the borders of both, in methods that take one of them, and where
//! only their classes tell them apart.

use crate::generate::Generator;

const OPERATORS: &[&str] =
    &["+", "-", "*", "/", "%", "+", "-", "*", "==", "!=", "<", "<=", ">", ">="];

/// Static methods of both classes, with how many integers they take.
const OF_ONE: &[&str] = &[
    "valueOf",
    "hashCode",
    "toString",
    "toUnsignedString",
    "toHexString",
    "toOctalString",
    "toBinaryString",
    "toUnsignedLong",
    "signum",
    "bitCount",
    "numberOfLeadingZeros",
    "numberOfTrailingZeros",
    "highestOneBit",
    "lowestOneBit",
    "reverse",
    "reverseBytes",
    "equals",
    "compareTo",
];
const OF_TWO: &[&str] = &[
    "compare",
    "compareUnsigned",
    "max",
    "min",
    "sum",
    "divideUnsigned",
    "remainderUnsigned",
    "toString",
    "toUnsignedString",
    "rotateLeft",
    "rotateRight",
];
const READ: &[&str] = &[
    "parseInt",
    "parseLong",
    "valueOf",
    "parseUnsignedInt",
    "parseUnsignedLong",
    "decode",
    "equals",
];
/// What `READ` reads.
const TEXTS: &[&str] = &[
    "'5'",
    "'-7'",
    "'+7'",
    "'2147483647'",
    "'2147483648'",
    "'-2147483648'",
    "'-2147483649'",
    "'4294967295'",
    "'4294967296'",
    "'9223372036854775807'",
    "'9223372036854775808'",
    "'18446744073709551615'",
    "'0x1F'",
    "'-0X80000000'",
    "'#ff'",
    "'017'",
    "'0'",
    "'-0'",
    "'0x-1'",
    "'zz'",
    "''",
    "' 1'",
];

impl Generator {
    /// Some integers are set, and looked at.
    pub(crate) fn integers(&mut self) -> String {
        let (x, y) = (self.integer(), self.calculation());
        let mut text = format!("#set($x = {x})#set($y = {y})$x $y ");
        for _ in 0..1 + self.below(4) {
            let (a, b) = (self.pick(&["x", "y"]), self.pick(&["x", "y"]));
            text += &match self.below(12) {
                0 => format!("${a}.hashCode() ${a}.equals(${b}) "),
                1 => format!("#if(${a} == ${b})E#end#if(${a} < ${b})L#end "),
                2 => format!("#set($y = {})$y ", self.calculation()),
                3 => format!(
                    "#set($m = {{${a}: 1, {}: 2}})$m $m.get(${b}) $m.containsKey({}) $m.hashCode() ",
                    self.integer(),
                    self.integer()
                ),
                4 => format!(
                    "#set($k = [${a}, {}, {}])$k.contains(${b}) $k.indexOf({}) $k.hashCode() $k.remove(${b}) $k ",
                    self.integer(),
                    self.integer(),
                    self.integer()
                ),
                5 => format!("#if([${a}] == [${b}])E#end#if({{'k': ${a}}} == {{'k': ${b}}})E#end "),
                6 => {
                    format!("#foreach($q in [$i..$l])$q.equals(${a})$foreach.index.equals($q)#end ")
                }
                7 => format!(
                    "$s.format('%{}', ${a}) ",
                    self.pick(&["x", "X", "d", "s", "c", "020x", ",d"])
                ),
                8 => format!(
                    "$s.length().equals({}) $list.size().equals({}) ",
                    self.integer(),
                    self.integer()
                ),
                9 => {
                    format!("#set($list[{}] = 'Q')$list $list[{}] ", self.integer(), self.integer())
                }
                _ => format!("${} ", self.integer_call()),
            };
        }
        text + self.line_end()
    }

    fn calculation(&mut self) -> String {
        let (a, operator, b) = (self.integer(), self.pick(OPERATORS), self.integer());
        match self.below(4) {
            0 => format!("{a} {operator} {b} {} {}", self.pick(OPERATORS), self.integer()),
            _ => format!("{a} {operator} {b}"),
        }
    }

    /// An integer; not always the class that it seems to be.
    pub(crate) fn integer(&mut self) -> &'static str {
        self.pick(&[
            "0",
            "1",
            "-1",
            "5",
            "2147483647",
            "2147483648",
            "-2147483648",
            "-2147483649",
            "4294967295",
            "4294967296",
            "4294967301",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "-9223372036854775809",
            "$i",
            "$j",
            "$z",
            "$l",
            "$l",
            "$w",
            "$x",
            "$y",
            "$i.longValue()",
            "$z.longValue()",
            "$l.intValue()",
            "$w.intValue()",
            "$d.longValue()",
            "$map.inner.n",
            "$map.inner.l",
            "$s.length()",
            "$l.valueOf(2)",
            "$l.parseLong('1')",
        ])
    }

    /// A call, without its `$`, of a method that takes integers.
    pub(crate) fn integer_call(&mut self) -> String {
        let (a, b) = (self.integer(), self.integer());
        let of = self.pick(&["i", "l", "w", "x", "y"]);
        match self.below(20) {
            0..=3 => format!("{of}.{}({a})", self.pick(OF_ONE)),
            4..=6 => format!("{of}.{}({a}, {b})", self.pick(OF_TWO)),
            7 => format!("{of}.{}({})", self.pick(READ), self.pick(TEXTS)),
            8 => format!("{of}.{}({}, {a})", self.pick(READ), self.pick(TEXTS)),
            9 => {
                format!("s.{}({a})", self.pick(&["substring", "charAt", "indexOf", "codePointAt"]))
            }
            10 => format!("s.{}({a}, {b})", self.pick(&["substring", "subSequence", "indexOf"])),
            11 => {
                format!(
                    "s.{}('l', {a})",
                    self.pick(&["indexOf", "lastIndexOf", "startsWith", "concat"])
                )
            }
            12 => {
                format!("list.{}({a})", self.pick(&["get", "remove", "contains", "indexOf", "add"]))
            }
            13 => format!("list.{}({a}, {b})", self.pick(&["set", "add", "subList"])),
            14 => format!("list[{a}]"),
            15 => format!("map.{}({a}, {b})", self.pick(&["put", "getOrDefault", "putIfAbsent"])),
            16 => format!(
                "map.{}({a})",
                self.pick(&["get", "containsKey", "containsValue", "remove"])
            ),
            17 => format!("map[{a}]"),
            18 => format!("d.{}({a}, {b})", self.pick(&["max", "min", "compare"])),
            _ => format!(
                "d.{}({a})",
                self.pick(&["compareTo", "equals", "valueOf", "isNaN", "toString"])
            ),
        }
    }
}
