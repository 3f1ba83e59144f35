#!/usr/bin/env node
import { main } from '.';
import { processContext } from './command';

process.exitCode = main(process.argv.slice(2), processContext());
