#!/usr/bin/env node
import { main } from '.';
import { processContext } from './command';

// Not process.exit(): what is written to a pipe is written to its end.
void Promise.resolve(main(process.argv.slice(2), processContext())).then((code) => {
  process.exitCode ??= code; // unless the output could not be written
});
