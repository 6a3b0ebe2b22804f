using System.Security.Cryptography.X509Certificates;

namespace VhdPS.Engine.Nbd;

/// <summary>Whose certificates are trusted.</summary>
internal static class TlsTrust
{
    /// <summary>Those of the given authorities and of no others, whatever the system trusts.</summary>
    public static X509ChainPolicy Only(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,

            // Own authorities seldom say where their lists of withdrawn certificates are.
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
