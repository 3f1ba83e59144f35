/** Steps of an adoption that an API server alone can take: without those that need pods, volumes, a smoke test, or Helm. */
export const withoutPods = (commands: readonly string[]): string[] =>
  commands.filter(
    (command) =>
      !/^npm |^helm | (exec|rollout|logs|replace|wait) |patch persistentvolume |describe nodes/.test(command),
  );
