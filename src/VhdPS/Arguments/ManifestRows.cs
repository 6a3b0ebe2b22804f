using System.Globalization;
using System.Management.Automation;
using System.Security.Cryptography;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Hash;

namespace VhdPS;

/// <summary>A manifest as it comes from Get-VpcHash, at once or by way of a file: CSV, JSON or CLIXML.</summary>
internal static class ManifestRows
{
    /// <summary>Reads the rows; null where there are none, which is what a disk of zeros has.</summary>
    /// <exception cref="ArgumentException">A row is none of a manifest, or not of the disk that the first is of.</exception>
    public static BlockManifest? Read(IReadOnlyList<PSObject> rows)
    {
        if (rows.Count == 0)
        {
            return null;
        }

        Head head = HeadOf(rows[0]);
        var blocks = new List<BlockHash>(rows.Count);
        foreach (PSObject row in rows)
        {
            if (HeadOf(row) != head)
            {
                throw new ArgumentException("The rows of -FromManifest are of more than one disk, or of more than one state of it.");
            }

            blocks.Add(new BlockHash(Get<long>(row, "Offset"), Get<long>(row, "Length"), HashOf(row)));
        }

        var origin = new ManifestOrigin(head.UniqueId, head.Size, head.SizeRule, head.FilesStamp);
        return new BlockManifest(origin, new HashAlgorithmName(head.Algorithm.ToUpperInvariant()), head.BlockSize, blocks);
    }

    private readonly record struct Head(
        Guid UniqueId, long Size, SizeRule SizeRule, string FilesStamp, string Algorithm, int BlockSize);

    private static Head HeadOf(PSObject row) => row?.BaseObject is VpcBlockHash block
        ? new Head(block.UniqueId, block.Size, Enum.Parse<SizeRule>(block.SizeRule), block.FilesStamp, block.Algorithm, block.BlockSize)
        : new Head(
            Get<Guid>(row, nameof(VpcBlockHash.UniqueId)),
            Get<long>(row, nameof(VpcBlockHash.Size)),
            Get<SizeRule>(row, nameof(VpcBlockHash.SizeRule)),
            Get<string>(row, nameof(VpcBlockHash.FilesStamp)),
            Get<string>(row, nameof(VpcBlockHash.Algorithm)),
            Get<int>(row, nameof(VpcBlockHash.BlockSize)));

    private static byte[] HashOf(PSObject row)
    {
        try
        {
            return System.Convert.FromHexString(Get<string>(row, nameof(VpcBlockHash.Hash)));
        }
        catch (FormatException error)
        {
            throw new ArgumentException("A row of -FromManifest has a Hash that is no hexadecimal number.", error);
        }
    }

    private static T Get<T>(PSObject? row, string name)
    {
        object? value = row?.Properties[name]?.Value;
        return value is not null && LanguagePrimitives.TryConvertTo(value, CultureInfo.InvariantCulture, out T result)
            ? result
            : throw new ArgumentException(
                $"-FromManifest takes what Get-VpcHash -BlockManifest emits: a row has no {name}, or one of another kind.");
    }
}
