"""libinjection's verdicts, by the C library that ModSecurity's brings: for each line of hexadecimal digits on standard
input one of two characters, whether it is an injection of SQL and whether one of scripts."""

import ctypes
import sys

library = ctypes.CDLL("libmodsecurity.so.3")
fingerprint = ctypes.create_string_buffer(16)

for line in sys.stdin:
    value = bytes.fromhex(line)
    length = ctypes.c_size_t(len(value))
    sql = library.libinjection_sqli(value, length, fingerprint)
    script = library.libinjection_xss(value, length)
    print(f"{int(sql > 0)}{int(script > 0)}")
