import { expect, it } from "vitest"
import { count, percent, points, signed } from "./figures"

it("writes numbers and changes", () => {
  expect([count(1234.4), percent(0.1234), percent(1.5, 0)]).toEqual(["1,234", "12.3%", "150%"])
  expect([signed(12), signed(-3), signed(0.4), signed(-1234.56, 1)]).toEqual(["+12", "−3", "0", "−1,234.6"])
  expect([points(0.0123), points(-0.5), points(0.0004)]).toEqual(["+1.2", "−50.0", "0"])
})
