# Blanks comments and the insides of string and character literals of Rust source, line by line, so that what is
# left can be searched and counted. Keeps the number of lines. Wants LC_ALL=C.
#
# Open at the end of a line may be: `block`, the depth of /* */ comments, and `closer`, what ends a string literal.
{
    out = ""
    i = 1
    while (i <= length($0)) {
        rest = substr($0, i)
        if (block > 0) {
            step = in_comment(rest)
        } else if (closer != "") {
            step = in_string(rest)
        } else if (rest ~ /^\/\//) {
            break
        } else {
            step = in_code(rest, i == 1 ? "" : substr($0, i - 1, 1))
        }
        i += step
    }
    print out
}

function in_comment(rest) {
    if (rest ~ /^\*\//) { block--; return 2 }
    if (rest ~ /^\/\*/) { block++; return 2 }
    return 1
}

function in_string(rest) {
    if (!raw && rest ~ /^\\/) return 2
    if (substr(rest, 1, length(closer)) != closer) return 1
    step = length(closer)
    closer = ""
    out = out "\""
    return step
}

function in_code(rest, before) {
    if (rest ~ /^\/\*/) { block = 1; return 2 }
    if (before !~ /[A-Za-z0-9_]/ && match(rest, /^(b|c)?r#*"/)) {
        closer = substr(rest, 1, RLENGTH)
        step = RLENGTH
        gsub(/[^#]/, "", closer)
        closer = "\"" closer
        raw = 1
        out = out "\""
        return step
    }
    if (rest ~ /^"/) { closer = "\""; raw = 0; out = out "\""; return 1 }
    if (match(rest, /^'(\\u[^']*|\\x..|\\.|[^\\'][\200-\277]*)'/)) { out = out "''"; return RLENGTH }
    out = out substr(rest, 1, 1)
    return 1
}
