// SPDX-License-Identifier: MIT
// Our ids beside those of Hugging Face's tokenizers library.
//
//     npm install tokenizers
//     node tokenizers.js TOKENIZE TOKENIZER.json TEXT
//
// A line of TEXT, with its newline, is a record here and a text of its own
// there.  Printed are the lines that differ, with the ids around the first
// difference, and the totals; the status is 1 if there was one.  What a
// post-processor adds (a first or last token) is left out: it is the model's
// business, not the text's.  TEXT is UTF-8.
'use strict';
const {execFileSync} = require('child_process');
const fs = require('fs');
const {Tokenizer} = require(require.resolve('tokenizers',
	{paths: [process.cwd(), __dirname]}));

const BATCH = 4096; // lines

function* records(program, json, file) {
	const out = execFileSync(program, ['--ids', '--plain', '--special',
		'--max-record=16m', '-m', json, file], {maxBuffer: 2 ** 31 - 1});

	for (let at = 0, end; at < out.length; at = end + 1) {
		end = out.indexOf(10, at);
		const line = out.subarray(at, end);

		if (line[0] >= 48 && line[0] <= 57)
			yield line.toString().split(' ').map(Number);
	}
}

async function main([program, json, file]) {
	const library = Tokenizer.fromFile(json);
	const lines = fs.readFileSync(file, 'utf8').split(/(?<=\n)/);
	const ours = records(program, json, file);
	let tokens = 0, differ = 0;

	for (let at = 0; at < lines.length; at += BATCH) {
		const all = await library.encodeBatch(
			lines.slice(at, at + BATCH), {addSpecialTokens: false});

		for (let k = 0; k < all.length; k++) {
			const theirs = all[k].getIds();
			const mine = ours.next().value || [];
			let i = 0;

			while (i < theirs.length && theirs[i] === mine[i])
				i++;
			tokens += theirs.length;
			if (i === theirs.length && mine.length === i)
				continue;
			differ++;
			console.log(`line ${at + k + 1}, token ${i}: ` +
				`theirs ${theirs.slice(i, i + 8)}, ` +
				`ours ${mine.slice(i, i + 8)}`);
		}
	}
	console.log(`${lines.length} lines, ${tokens} tokens: ` +
		`${differ} lines differ`);
	return differ === 0 && ours.next().done ? 0 : 1;
}

main(process.argv.slice(2)).then((rc) => process.exit(rc));
