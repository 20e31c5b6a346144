/** How numbers and their changes are written, the same on every dashboard. Pure. */

export const count = (value: number): string => Math.round(value).toLocaleString("en-US")
export const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)}%`
/** "+12", "−3", "0": with a true minus sign. */
export function signed(value: number, digits = 0): string {
  const size = Math.abs(value).toFixed(digits)
  if (Number(size) === 0) return "0"
  return (value > 0 ? "+" : "−") + Number(size).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
/** A change of a share in points: "+1.2". */
export const points = (change: number): string => signed(change * 100, 1)
