namespace VhdPS;

/// <summary>The hash of a virtual disk.</summary>
public sealed class VpcHash : VpcObject
{
    internal VpcHash(string path, string algorithm, byte[] hash, long size)
        : base(path)
    {
        Algorithm = algorithm;
        Hash = Convert.ToHexString(hash);
        Size = size;
    }

    /// <summary>The algorithm.</summary>
    public string Algorithm { get; }

    /// <summary>The hash in hexadecimal digits.</summary>
    public string Hash { get; }

    /// <summary>Bytes of the disk.</summary>
    public long Size { get; }

    /// <inheritdoc/>
    public override string ToString() => Hash;
}
