//! Templates from numbers: the same number, the same template.

use crate::words::{NAMES, PIECES};

/// Makes a template.
pub(crate) struct Generator {
    state: u64,
    depth: usize,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03, depth: 0 }
    }

    /// Of twelve three are about numbers and characters, one about null, one about what references show; two are pieces
    /// put together by chance, the others follow the grammar.
    pub(crate) fn template(&mut self) -> String {
        match self.below(12) {
            0 | 1 => {
                let count = 1 + self.below(7);
                (0..count).map(|_| self.pick(PIECES)).collect()
            }
            2 => self.integers(),
            3 | 4 => self.narrow(),
            5 => self.nulls(),
            6 => self.shown(),
            _ => self.block(5),
        }
    }

    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 17
    }

    pub(crate) fn below(&mut self, count: u64) -> u64 {
        self.next() % count
    }

    pub(crate) fn pick(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len() as u64) as usize]
    }

    fn block(&mut self, statements: u64) -> String {
        self.depth += 1;
        let count = 1 + self.below(statements);
        let block = (0..count).map(|_| self.statement()).collect();
        self.depth -= 1;
        block
    }

    fn statement(&mut self) -> String {
        let choice = if self.depth > 4 { self.below(8) } else { self.below(16) };
        match choice {
            0 | 1 => self.text(),
            2 | 3 => self.printed(),
            4 => format!("{}{}", self.printed(), self.text()),
            5 | 6 => {
                let (target, value) = (self.target(), self.expression(2));
                let (a, b, c) = (self.blank(), self.blank(), self.line_end());
                format!("{a}#set({b}{target} ={b}{value}{b}){c}")
            }
            7 => self.comment(),
            8..=10 => {
                let mut text =
                    format!("#if({}){}{}", self.expression(2), self.line_end(), self.block(3));
                if self.below(3) == 0 {
                    text += &format!("#elseif({}){}", self.expression(1), self.block(2));
                }
                match self.below(4) {
                    0 => text += &format!("#else{}{}", self.line_end(), self.block(2)),
                    1 => text += &format!("#{{else}}{}", self.block(2)),
                    _ => {}
                }
                text + "#end" + self.line_end()
            }
            11..=13 => {
                let (item, list) = (self.pick(&["x", "y", "i"]), self.list());
                let body = self.block(3);
                let inside = match self.below(6) {
                    0 => "$foreach.index",
                    1 => "$foreach.count$velocityCount",
                    2 => "#if($foreach.hasNext), #end",
                    3 => "#if($foreach.last)|#{end}",
                    4 => "#if($velocityCount == 2)#break#end",
                    _ => "$!foreach.parent.count",
                };
                format!("#foreach(${item} in {list}){body}{inside}#end{}", self.line_end())
            }
            14 => format!("#define($y){}#end$y", self.block(2)),
            _ => match self.below(8) {
                0 => "#stop".into(),
                1 => "#[[ $s #if ]]#".into(),
                2 => "#foo($s, 'a')".into(),
                3 => "#{bar}".into(),
                4 => format!("\"{}\"", self.printed()),
                _ => self.text(),
            },
        }
    }

    fn text(&mut self) -> String {
        let count = 1 + self.below(3);
        let pieces = &[
            "a",
            "b c",
            " ",
            "\n",
            "\n  ",
            "{\"k\": 1}",
            ", ",
            "5 $ ",
            "# ",
            "\\",
            "\\\\ ",
            "é",
            ".",
            "\\#if ",
            "\\#nope",
            "100%",
            "(x)",
            "\t",
            "'",
            "&",
            "]",
            "}",
            "#1",
        ];
        (0..count).map(|_| self.pick(pieces)).collect()
    }

    fn blank(&mut self) -> &'static str {
        self.pick(&["", "", " ", "  ", "\t"])
    }

    pub(crate) fn line_end(&mut self) -> &'static str {
        self.pick(&["", "", " ", "\n", "  \n", "\r\n", " \n\n"])
    }

    fn comment(&mut self) -> String {
        self.pick(&["## note $s\n", "#* hidden $x *#", "#** doc *#\n", "##\n", "#* a\nb *# "])
            .into()
    }

    fn printed(&mut self) -> String {
        let escapes = self.pick(&["", "", "", "", "", "\\", "\\\\", "\\\\\\", "$", "#"]);
        let quiet = self.pick(&["", "", "!"]);
        let reference = self.reference(2);
        match self.below(3) {
            0 => format!("{escapes}${quiet}{{{reference}}}"),
            _ => format!("{escapes}${quiet}{reference}"),
        }
    }

    fn target(&mut self) -> String {
        self.pick(&[
            "$x",
            "$y",
            "$x",
            "$y",
            "$i",
            "$map.name",
            "$map.fresh",
            "$list[0]",
            "$map['q']",
            "$map.inner.k",
            "$nope.a",
            "$list[9]",
            "${x}",
            "$mixed[1]",
        ])
        .into()
    }

    /// A reference without its `$`.
    fn reference(&mut self, depth: usize) -> String {
        match self.below(12) {
            0..=5 => self.pick(NAMES).into(),
            6 => {
                let member = self.pick(&[
                    "map.name",
                    "map.age",
                    "map.inner",
                    "map.inner.k",
                    "map.inner.none",
                    "map.items",
                    "map.nope",
                    "map.flag",
                    "map.inner.n",
                    "map.inner.l",
                    "s.empty",
                    "list.empty",
                    "s.nope",
                    "nope.nope",
                    "map.items[1]",
                    "map['name']",
                    "map[\"age\"]",
                    "list[0]",
                    "list[-1]",
                    "list[$z]",
                    "list[$l]",
                    "mixed[3]",
                    "mixed[5][1]",
                    "map.get('inner').k",
                ]);
                member.into()
            }
            _ => self.call(depth),
        }
    }

    fn call(&mut self, depth: usize) -> String {
        let text = self.string_argument();
        let (a, b) = (self.below(7), self.below(7));
        let value = if depth == 0 { "1".into() } else { self.argument(depth - 1) };
        match self.below(68) {
            0 => "s.length()".into(),
            1 => format!("s.substring({a})"),
            2 => format!("s.substring({a}, {b})"),
            3 => format!("s.indexOf({text})"),
            4 => format!("s.lastIndexOf({text})"),
            5 => format!("s.contains({text})"),
            6 => format!("s.startsWith({text})"),
            7 => format!("s.endsWith({text})"),
            8 => format!("s.replace({text}, {})", self.string_argument()),
            9 => format!("s.replaceAll({}, {text})", self.pattern()),
            10 => format!("s.replaceFirst({}, {text})", self.pattern()),
            11 => format!("s.matches({})", self.pattern()),
            12 => format!("s.split({}).size()", self.pattern()),
            13 => format!("s.split({})[0]", self.pattern()),
            14 => format!("s.split({}, {a}).size()", self.pattern()),
            15 => "s.toUpperCase()".into(),
            16 => "s.toLowerCase().trim()".into(),
            17 => format!("s.concat({text})"),
            18 => format!("s.charAt({a})"),
            19 => format!("s.equals({value})"),
            20 => format!("t.equalsIgnoreCase({text})"),
            21 => "s.hashCode()".into(),
            22 => format!("s.compareTo({text})"),
            23 => "e.isEmpty()".into(),
            24 => format!("s.indexOf({text}, {a})"),
            25 => format!("s.indexOf({})", 30 + 10 * a),
            26 => "list.size()".into(),
            27 => format!("list.get({a})"),
            28 => format!("list.contains({value})"),
            29 => format!("list.indexOf({value})"),
            30 => format!("list.add({value})"),
            31 => format!("list.add({a}, {value})"),
            32 => format!("list.set({a}, {value})"),
            33 => format!("list.remove({a})"),
            34 => "list.remove('b')".into(),
            35 => "list.isEmpty()".into(),
            36 => format!("list.subList({a}, {b})"),
            37 => "list.addAll($map.items)".into(),
            38 => "list.clear()".into(),
            39 => "list.hashCode()".into(),
            40 => format!("mixed.lastIndexOf({value})"),
            41 => "map.size()".into(),
            42 => "map.keySet().size()".into(),
            43 => "map.values().isEmpty()".into(),
            44 => "map.entrySet().size()".into(),
            45 => format!("map.get({value})"),
            46 => format!("map.put({text}, {value})"),
            47 => format!("map.containsKey({value})"),
            48 => format!("map.containsValue({value})"),
            49 => format!("map.remove({text})"),
            50 => "map.inner.toString()".into(),
            51 => format!("map.equals({value})"),
            52 => format!("map.getOrDefault({text}, {value})"),
            53 => "i.intValue()".into(),
            54 => "i.toString().length()".into(),
            55 => format!("i.equals({value})"),
            56 => "d.intValue()".into(),
            57 => "i.parseInt('12')".into(),
            58 => format!("list.nope({value})"),
            59..=66 => self.integer_call(),
            _ => format!("nope.call({value})"),
        }
    }

    fn string_argument(&mut self) -> &'static str {
        self.pick(&[
            "'o'",
            "'l'",
            "\"l\"",
            "''",
            "'World'",
            "\"x\"",
            "'TEXT'",
            "\"$t\"",
            "'é'",
            "$t",
            "'name'",
            "\"${e}o\"",
            "', '",
        ])
    }

    fn pattern(&mut self) -> &'static str {
        self.pick(&[
            "'o'",
            "'l+'",
            "'[aeiou]'",
            "'.*'",
            "','",
            "'\\s*,\\s*'",
            "'(\\w)\\1'",
            "'^H'",
            "'d$'",
            "''",
            "'l|o'",
            "'(?i)h'",
            "'\\bW'",
            "'.'",
            "'[^a-z]'",
            "'o(?=,)'",
            "'x?'",
            "'l{2}'",
        ])
    }

    /// An argument of a method.
    fn argument(&mut self, depth: usize) -> String {
        match self.below(8) {
            0 => self.below(10).to_string(),
            1 => format!("-{}", 1 + self.below(5)),
            2 | 3 => self.string_argument().into(),
            4 => self
                .pick(&["true", "false", "2.5", "[1, 'a']", "{'k': 1}", "[1..3]", "null"])
                .into(),
            _ => format!("${}", self.reference(depth)),
        }
    }

    fn list(&mut self) -> String {
        match self.below(9) {
            0..=2 => "$list".into(),
            3 => format!("[{}..{}]", self.below(5), self.below(5)),
            4 => "[$z .. $i]".into(),
            5 => format!("['p', $s, {}]", self.below(9)),
            6 => "$mixed".into(),
            7 => "$map".into(),
            _ => format!("${}", self.reference(1)),
        }
    }

    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.operand();
        }
        match self.below(10) {
            0..=3 => self.operand(),
            4..=7 => {
                let operator = self.pick(&[
                    "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "and",
                    "or", "eq", "ne", "lt", "le", "gt", "ge",
                ]);
                let (left, right) = (self.expression(depth - 1), self.expression(depth - 1));
                format!("{left} {operator} {right}")
            }
            8 => format!("{}{}", self.pick(&["!", "! ", "not "]), self.expression(depth - 1)),
            _ => format!("({})", self.expression(depth - 1)),
        }
    }

    fn operand(&mut self) -> String {
        match self.below(17) {
            0 | 1 => self.below(20).to_string(),
            16 => self.integer().into(),
            2 => self
                .pick(&[
                    "-7",
                    "0",
                    "1.5",
                    ".5",
                    "2.",
                    "1e3",
                    "100.0",
                    "-2.25",
                    "1.0E-5",
                    "12345678901234567890",
                    "-9223372036854775808",
                ])
                .into(),
            3 => self.pick(&["true", "false"]).into(),
            4 => self.pick(&["'single $s'", "\"\"", "''", "'it''s'", "\"say \"\"hi\"\"\""]).into(),
            5 => format!("\"{}\"", self.interpolated()),
            6 => self
                .pick(&[
                    "[]",
                    "[1, 'two', $s]",
                    "[1..4]",
                    "{}",
                    "{'a': 1}",
                    "{'a': $s, 'b': [1]}",
                    "{ }",
                ])
                .into(),
            _ => {
                let quiet = self.pick(&["", "", "!"]);
                match self.below(4) {
                    0 => format!("${quiet}{{{}}}", self.reference(1)),
                    _ => format!("${quiet}{}", self.reference(1)),
                }
            }
        }
    }

    /// What stands in a string in double quotes.
    fn interpolated(&mut self) -> String {
        let count = 1 + self.below(3);
        (0..count)
            .map(|_| {
                self.pick(&[
                    "text",
                    " ",
                    "$s",
                    "${t}",
                    "$!nope",
                    "$nope",
                    "$map.name",
                    "\\$s",
                    "\\n",
                    "5$",
                    "#if($yes)y#end",
                    "#foreach($q in $list)$q#end",
                    "$list.size()",
                    "$list[0]",
                    "'",
                    "\\u0041",
                    "#set($x = 2)",
                    "\n",
                    "#",
                    "##c",
                ])
            })
            .collect()
    }
}
