/** A passkey provider of one browser, as a phone or computer has one: it makes passkeys and answers at once. */
export async function withAuthenticator(page) {
  const client = await page.context().newCDPSession(page);
  await client.send('WebAuthn.enable');
  const { authenticatorId } = await client.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    /** Whether the person lets the browser see finger, face or PIN. */
    verifies: (isUserVerified) => client.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    /** The passkeys it has, with how often each was used. */
    async passkeys() {
      return (await client.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
    },
    /** Takes over what another one has and counts, as synchronised passkeys follow their owner. */
    async takeFrom(other) {
      await client.send('WebAuthn.clearCredentials', { authenticatorId });
      for (const credential of await other.passkeys()) {
        await client.send('WebAuthn.addCredential', { authenticatorId, credential });
      }
    },
  };
}
