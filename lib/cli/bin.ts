#!/usr/bin/env node
import { main } from '.';
import { endWith, processContext } from './command';

endWith(main(process.argv.slice(2), processContext()));
