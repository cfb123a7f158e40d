# SPDX-License-Identifier: MIT
# What only this file knows: how completions for a shell are written from what
# the programs' --help says, which is made from their option tables.
#
#   for p in ...; do $p --help | sed "s/^/$p /"; done |
#       awk -v shell=bash|zsh|fish -f completions.awk
function quoted(s) {
	gsub(/\047/, "\047\\\047\047", s)
	return "\047" s "\047"
}
# The words to choose from, of an argument like auto|always|RE.
function words(arg,    n, i, part, out) {
	n = split(arg, part, "|")
	for (i = 1; i <= n; i++)
		if (n > 1 && part[i] ~ /^[a-z0-9_]+$/)
			out = out (out == "" ? "" : " ") part[i]
	return out
}
function is_file(arg) { return arg ~ /FILE|MODEL/ }

# "tokenize   -m, --model=FILE|NAME   the model"
$2 ~ /^-(.,$|-[a-z])/ {
	program = $1
	if (!(program in count))
		order[++programs] = program
	i = ++count[program]
	letter[program, i] = $2 ~ /^-.,$/ ? substr($2, 2, 1) : ""
	long = $2 ~ /^-.,$/ ? $3 : $2
	at = index(long, "=")
	name[program, i] = substr(long, 3, at ? at - 3 : length(long))
	arg[program, i] = at ? substr(long, at + 1) : ""
	if (words(arg[program, i]) != "")
		choices[name[program, i]] = words(arg[program, i])
	rest = $0
	rest = substr(rest, index(rest, long) + length(long))
	sub(/^ +/, "", rest)
	help[program, i] = rest
	next
}
# What did not fit beside it.
$2 != "" && index($0, $1 "                    ") == 1 &&
    help[$1, count[$1]] == "" {
	sub(/^[a-z-]+ +/, "")
	help[program, count[program]] = $0
}

# ---- bash -------------------------------------------------------------------
function bash(p,    i, all, none, files, key) {
	print "_headwater_" fn(p) "() {"
	print "\tlocal cur=${COMP_WORDS[COMP_CWORD]}"
	print "\tlocal prev=${COMP_WORDS[COMP_CWORD - 1]}"
	print "\t# Bash makes a word of the = in --name=value."
	print "\tif [[ $cur == = ]]; then"
	print "\t\tcur="
	print "\telif [[ $prev == = ]]; then"
	print "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}"
	print "\tfi"
	print "\tcase $prev in"
	for (i = 1; i <= count[p]; i++) {
		all = all " --" name[p, i] (arg[p, i] != "" ? "=" : "")
		if (arg[p, i] == "")
			continue
		key = "--" name[p, i] \
			(letter[p, i] != "" ? " | -" letter[p, i] : "")
		if (name[p, i] in choices) {
			print "\t" key ")"
			print "\t\tmapfile -t COMPREPLY < <(compgen -W \\"
			print "\t\t    " quoted(choices[name[p, i]]) " -- \"$cur\")"
			print "\t\treturn"
			print "\t\t;;"
		} else if (is_file(arg[p, i]))
			files = files (files == "" ? "" : " | ") key
		else
			none = none (none == "" ? "" : " | ") key
	}
	if (files != "")
		print "\t" files ") ;;"
	if (none != "") {
		print "\t" none ")"
		print "\t\tCOMPREPLY=()"
		print "\t\treturn"
		print "\t\t;;"
	}
	print "\t*)"
	print "\t\tif [[ $cur == -* ]]; then"
	print "\t\t\tmapfile -t COMPREPLY < <(compgen -W \\"
	print "\t\t\t    " quoted(substr(all, 2)) " -- \"$cur\")"
	print "\t\t\t[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace"
	print "\t\t\treturn"
	print "\t\tfi"
	print "\t\t;;"
	print "\tesac"
	print "\tcompopt -o filenames"
	print "\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")"
	print "}"
	print "complete -F _headwater_" fn(p) " " p
}
function fn(p) {
	gsub(/-/, "_", p)
	return p
}

# ---- zsh --------------------------------------------------------------------
function zsh(p,    i, s, text, action) {
	print "(" p ")"
	print "\t_arguments -s \\"
	for (i = 1; i <= count[p]; i++) {
		text = help[p, i]
		gsub(/\\|\[|\]|:/, "\\\\&", text)
		action = ""
		if (arg[p, i] != "") {
			s = arg[p, i]
			gsub(/:/, "", s)
			action = ":" s ":" (name[p, i] in choices ? \
				"(" choices[name[p, i]] ")" : \
				is_file(arg[p, i]) ? "_files" : "")
		}
		s = arg[p, i] != "" ? "=" : ""
		print "\t    " quoted("--" name[p, i] s "[" text "]" action) " \\"
		if (letter[p, i] != "")
			print "\t    " quoted("-" letter[p, i] \
				(s != "" ? "+" : "") "[" text "]" action) " \\"
	}
	print "\t    \047*:file:_files\047"
	print "\t;;"
}

# ---- fish -------------------------------------------------------------------
function fish(p,    i, line) {
	for (i = 1; i <= count[p]; i++) {
		line = "complete -c " p
		if (letter[p, i] != "")
			line = line " -s " letter[p, i]
		line = line " -l " name[p, i]
		if (name[p, i] in choices)
			line = line " -x -a " quoted(choices[name[p, i]])
		else if (arg[p, i] != "")
			line = line (is_file(arg[p, i]) ? " -r -F" : " -x")
		print line " -d " quoted(help[p, i])
	}
}

END {
	if (shell == "zsh") {
		s = "#compdef"
		for (i = 1; i <= programs; i++)
			s = s " " order[i]
		print s
	}
	print "# Made from --help by completions.awk."
	if (shell == "zsh")
		print "case $service in"
	for (i = 1; i <= programs; i++)
		if (shell == "bash")
			bash(order[i])
		else if (shell == "zsh")
			zsh(order[i])
		else
			fish(order[i])
	if (shell == "zsh")
		print "esac"
}
