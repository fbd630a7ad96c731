import type { DependencyReport } from '../../../src/shared/ipc.ts';

/** Reports of a dependency, and the first of them that it is away. */
export function openReports() {
  const reports: DependencyReport[] = [];
  const firstDown = Promise.withResolvers<DependencyReport>();
  return {
    reports,
    firstDown: firstDown.promise,
    report: (each: DependencyReport): void => {
      reports.push(each);
      if (each.status === 'down') firstDown.resolve(each);
    },
  };
}
