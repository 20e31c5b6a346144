import { inject, type InjectionKey } from "vue"

/** Names of a version's categories; null is "unknown". Provided by the version's page. */
export const CATEGORY_NAME: InjectionKey<(code: string | null) => string> = Symbol("category name")

export function useCategoryName(): (code: string | null) => string {
  return inject(CATEGORY_NAME, (code) => code ?? "")
}
