const EUROS = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' });

/** 129900 → €1,299.00 */
export function formatCents(cents: number): string {
  return EUROS.format(cents / 100);
}
