/** Templates that reach the customer while the reply window is closed; asked for anew with every entry. */
import { shallowRef, watch, type Ref } from "vue"
import { accounts, type Offer } from "@/api/accounts"
import type { Conversation } from "@/api/types"

/** wanted: whether they are of any use now; else there are none. */
export function useOffers(conversation: () => Conversation, wanted: Ref<boolean>) {
  const offers = shallowRef<Offer[]>([])
  let asked = 0

  async function load(): Promise<void> {
    const mine = ++asked
    try {
      const found = wanted.value ? (await accounts.offers(conversation().id)).items : []
      if (mine === asked) offers.value = found
    } catch {
      /* what is known stands until the next entry */
    }
  }
  watch([() => conversation().id, wanted], () => (offers.value = []), { flush: "sync" })
  // The customer's consent may come while the agent looks: the conversation's entries say so.
  watch([() => conversation().id, () => conversation().last_position, wanted], () => void load(), { immediate: true })
  return { offers, load }
}
