#!/usr/bin/env node
import { main } from '.';
import { endWith, processContext } from './process';

endWith(main(process.argv.slice(2), processContext()));
