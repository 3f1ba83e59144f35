import { ConfigurationError, OutputError, progressLine, summary, synthesize } from './lib';

try {
  console.error(summary(synthesize({ onProgress: progressLine(process.stderr) })));
} catch (error) {
  if (!(error instanceof ConfigurationError || error instanceof OutputError)) throw error;
  console.error(`${error.message}\n\nNothing was written.`);
  process.exitCode = 1;
}
