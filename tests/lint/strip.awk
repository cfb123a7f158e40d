# SPDX-License-Identifier: MIT
# C files without their comments, strings and character constants, line by
# line, each under its name in the folder `to` (which ends in a slash): a small
# state machine, enough for our own code.
FNR == 1 {
	close(file)
	file = to FILENAME
	comment = 0
}
!comment && !/["'\/]/ {
	print >file
	next
}
{
	out = ""
	for (i = 1; i <= length($0); i++) {
		c = substr($0, i, 1)
		two = substr($0, i, 2)
		if (comment) {
			if (two == "*/") {
				comment = 0
				i++
			}
		} else if (quote != "") {
			if (c == "\\")
				i++
			else if (c == quote)
				quote = ""
		} else if (two == "/*") {
			comment = 1
			i++
		} else if (two == "//") {
			break
		} else if (c == "\"" || c == "'") {
			quote = c
		} else {
			out = out c
		}
	}
	quote = ""
	print out >file
}
