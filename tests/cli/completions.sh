#!/bin/sh
# SPDX-License-Identifier: MIT
# The completions for bash, zsh and fish: asked for in each shell that is here.
. "${srcdir:-.}/tests/tap.sh"

bash=$builddir/bin/completions.bash
zsh=$builddir/bin/completions.zsh
fish=$builddir/bin/completions.fish
[ -f "$bash" ] || skip_all "completions are not built"
: >a-file

# What --help lists is what each shell is told.
for p in headwater tokenize stream-infer summarize-window detokenize; do
	"$p" --help | grep -o '^  .\{4\}--[a-z-]*' | sed 's/.*--//' | sort >want
	sed -n "s/^complete -c $p .*-l \([a-z-]*\).*/\1/p" "$fish" | sort >got
	cmp want got
	ok $? "$p: the options of --help"
done

# ask_bash WORD...: the last is to be completed.
cat >ask_bash <<END
. '$bash'
compopt() { :; }
COMP_WORDS=("\$@")
COMP_CWORD=\$((\$# - 1))
"\$(complete -p "\$1" | sed 's/.*-F \([^ ]*\).*/\1/')"
printf '%s ' "\${COMPREPLY[@]}"
END
ask_bash() { bash --norc ask_bash "$@" 2>&1; }
if command -v bash >/dev/null; then
	is "$(ask_bash tokenize --fol)" "--follow " "bash: an option"
	is "$(ask_bash tokenize --in)" "--input= " "bash: one with an argument"
	is "$(ask_bash tokenize --input = j)" "journal " "bash: a word of it"
	is "$(ask_bash headwater --on-lag =)" "block collapse skip " \
		"bash: the wrapper knows its stages' words"
	is "$(ask_bash tokenize -m a-)" "a-file " "bash: a file of a letter"
	is "$(ask_bash tokenize a-)" "a-file " "bash: an operand"
	is "$(ask_bash tokenize --lines = a)" " " "bash: nothing for a number"
else
	skip "bash is not installed"
fi
if command -v fish >/dev/null; then
	HOME=$T
	export HOME
	ask_fish() {
		fish --no-config -c "source '$fish'; complete -C '$1'" |
			cut -f1 | tr '\n' ' '
	}
	is "$(ask_fish 'tokenize --fol')" "--follow " "fish: an option"
	is "$(ask_fish 'tokenize --input j')" "journal " "fish: a word"
	is "$(ask_fish 'headwater --on-lag ')" "block collapse skip " \
		"fish: the wrapper's too"
	is "$(ask_fish 'tokenize a-')" "a-file " "fish: an operand"
else
	skip "fish is not installed"
fi
if command -v zsh >/dev/null; then
	zsh -fn "$zsh"
	ok $? "zsh: the syntax is good"
	# What _arguments, which completes by it, is told.
	zsh -fc "_arguments() { print -rl -- \"\$@\" }
		service=tokenize; . '$zsh'" >out
	grep -q '^--follow\[go on .*\]$' out
	ok $? "zsh: an option"
	grep -q '^--input=\[.*\]:.*:(plain tail journal docker cri auto)$' out
	ok $? "zsh: the words of one"
	grep -q '^-m+\[.*\]:FILE|NAME:_files$' out
	ok $? "zsh: the files of another"
else
	skip "zsh is not installed"
fi
done_testing
