/** The limits as they stand this second. */
import { computed, type ComputedRef } from "vue"
import { useT } from "@/i18n"
import { limitsOf, type LimitInput, type Limits } from "@/lib/limits"
import { now } from "@/stores/now"

export function useLimits(input: () => LimitInput): ComputedRef<Limits> {
  const t = useT()
  return computed(() => limitsOf(input(), now.value, t.value))
}
