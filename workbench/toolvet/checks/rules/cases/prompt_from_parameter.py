def summarised(client: object, text: str) -> str:
    prompt = f"Summarise for the manager: {text}"
    # ruleid: prompt-from-parameter
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])


def sampled(session: object, text: str) -> str:
    # ruleid: prompt-from-parameter
    return session.create_message(messages=[text], max_tokens=100)


def fixed(session: object) -> str:
    # ok: prompt-from-parameter
    return session.create_message(messages=["Say hello."], max_tokens=100)
