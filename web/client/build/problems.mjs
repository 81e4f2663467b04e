/** Prints, as types, the codes with which each operation may refuse, from the API's description: `problems.mjs openapi.json`. */

import { readFileSync } from 'node:fs';

const { paths } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const operations = Object.values(paths)
  .flatMap((path) => Object.values(path))
  .filter((operation) => operation.operationId)
  .map(({ operationId, 'x-problem-codes': codes = [] }) => {
    const members = codes.map((code) => `\n    | ${JSON.stringify(code)}`).join('') || ' never';
    return `  ${JSON.stringify(operationId)}:${members};`;
  });
process.stdout.write(`/** The codes with which each operation may refuse. Made from the API's description. */
export interface problems {
${operations.join('\n')}
}
`);
