"""What the platforms of one house have in common: WeChat and WeCom sign, encrypt, answer and word errors alike."""
