export const EMOJI = [..."😊😄😂🤣😍🥰😘😉😎🤔😅😭😢😡😱🙏👍👎👌👏💪🤝👋🙌❤️‍🔥💔🎉🎁🌹☕📦🚚💰🧾✅❌⏰📞📷⭐🔥💯"].filter((c) => /\p{Extended_Pictographic}/u.test(c) && c !== "❤")
