using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace VhdPS.Engine.Vhdx;

/// <summary>
/// Where a differencing image says that its parent is: pairs of a key and a value, UTF-16LE without a NUL. Untrusted.
/// Source: MS-VHDX, "Parent Locator".
/// </summary>
public sealed class VhdxParentLocator
{
    /// <summary>The key of the DataWriteGuid that the parent has.</summary>
    public const string LinkageKey = "parent_linkage";

    /// <summary>The key of another DataWriteGuid that the parent may have, while an image is merged into it.</summary>
    public const string Linkage2Key = "parent_linkage2";

    /// <summary>The key of the path that counts from the child's folder.</summary>
    public const string RelativePathKey = "relative_path";

    /// <summary>The key of the path that begins with the volume's id.</summary>
    public const string VolumePathKey = "volume_path";

    /// <summary>The key of the full path.</summary>
    public const string AbsolutePathKey = "absolute_win32_path";

    private const int TypeAt = 0;
    private const int ReservedAt = TypeAt + 16;
    private const int CountAt = ReservedAt + 2;
    private const int EntriesAt = CountAt + 2;
    private const int KeyOffsetAt = 0;
    private const int ValueOffsetAt = KeyOffsetAt + 4;
    private const int KeyLengthAt = ValueOffsetAt + 4;
    private const int ValueLengthAt = KeyLengthAt + 2;
    private const int EntrySize = ValueLengthAt + 2;

    private VhdxParentLocator(Guid type, IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        Type = type;
        Pairs = pairs;
    }

    /// <summary>What kind of parent is meant.</summary>
    public Guid Type { get; }

    /// <summary>The pairs, in the order in which they are stored.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Pairs { get; }

    /// <summary>The parent's DataWriteGuid as of the child's making; null where there is none that can be read.</summary>
    public Guid? Linkage => FindGuid(LinkageKey);

    /// <summary>Another DataWriteGuid that is as good; null where there is none that can be read.</summary>
    public Guid? Linkage2 => FindGuid(Linkage2Key);

    /// <summary>The path from the child's folder; null where there is none.</summary>
    public string? RelativePath => Find(RelativePathKey);

    /// <summary>The path that begins with the volume's id; null where there is none.</summary>
    public string? VolumePath => Find(VolumePathKey);

    /// <summary>The full path; null where there is none.</summary>
    public string? AbsolutePath => Find(AbsolutePathKey);

    /// <summary>Whether an image with this DataWriteGuid is the parent that is meant.</summary>
    public bool IsLinkedTo(Guid dataWriteGuid) => dataWriteGuid != Guid.Empty && (Linkage == dataWriteGuid || Linkage2 == dataWriteGuid);

    /// <summary>The first value of a key; null where the key is not there.</summary>
    public string? Find(string key) => Pairs.Where(pair => pair.Key == key).Select(pair => pair.Value).FirstOrDefault();

    /// <summary>Decodes the metadata item.</summary>
    /// <param name="item">The item's bytes.</param>
    /// <param name="locator">The locator, or what of it could be read.</param>
    /// <param name="fault">What is wrong, a clause for a message; null where nothing is.</param>
    /// <returns>Whether anything could be read.</returns>
    public static bool TryParse(ReadOnlySpan<byte> item, out VhdxParentLocator? locator, out string? fault)
    {
        locator = null;
        if (item.Length < EntriesAt)
        {
            fault = "is too short for its head";
            return false;
        }

        int count = BinaryPrimitives.ReadUInt16LittleEndian(item[CountAt..]);
        if (count > VhdxSpec.MaxLocatorPairCount || EntriesAt + (count * EntrySize) > item.Length)
        {
            fault = "has more pairs than it has room for";
            return false;
        }

        fault = count == 0 ? "has no pairs" : null;
        var pairs = new List<KeyValuePair<string, string>>(count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = item.Slice(EntriesAt + (i * EntrySize), EntrySize);
            string? key = Decode(item, entry, KeyOffsetAt, KeyLengthAt);
            string? value = Decode(item, entry, ValueOffsetAt, ValueLengthAt);
            if (key is null || value is null)
            {
                fault ??= string.Create(CultureInfo.InvariantCulture, $"has no text that can be read as its pair {i}");
                continue;
            }

            if (pairs.Exists(pair => pair.Key == key))
            {
                fault ??= string.Create(CultureInfo.InvariantCulture, $"has the key of its pair {i} twice");
                continue;
            }

            pairs.Add(new KeyValuePair<string, string>(key, value));
        }

        locator = new VhdxParentLocator(new Guid(item.Slice(TypeAt, 16)), pairs);
        return true;
    }

    /// <summary>A locator of a VHDX parent.</summary>
    /// <param name="linkage">The parent's DataWriteGuid.</param>
    /// <param name="paths">Keys of paths, and the paths.</param>
    public static VhdxParentLocator Create(Guid linkage, IEnumerable<KeyValuePair<string, string>> paths) => new(
        VhdxSpec.VhdxLocatorType,
        [new KeyValuePair<string, string>(LinkageKey, linkage.ToString("B", CultureInfo.InvariantCulture)), .. paths]);

    /// <summary>The bytes of the metadata item.</summary>
    /// <exception cref="ArgumentException">A key or a value is longer than 65,534 bytes, or there are more than 256 pairs.</exception>
    public byte[] Encode()
    {
        if (Pairs.Count > VhdxSpec.MaxLocatorPairCount
            || Pairs.Any(pair => LengthOf(pair.Key) > ushort.MaxValue || LengthOf(pair.Value) > ushort.MaxValue))
        {
            throw new ArgumentException("A parent locator has at most 256 pairs of at most 65,534 bytes.");
        }

        int textAt = EntriesAt + (Pairs.Count * EntrySize);
        byte[] bytes = new byte[textAt + Pairs.Sum(pair => LengthOf(pair.Key) + LengthOf(pair.Value))];
        Span<byte> span = bytes;
        Type.TryWriteBytes(span);
        BinaryPrimitives.WriteUInt16LittleEndian(span[CountAt..], (ushort)Pairs.Count);
        for (int i = 0; i < Pairs.Count; i++)
        {
            Span<byte> entry = span.Slice(EntriesAt + (i * EntrySize), EntrySize);
            int keyLength = Encoding.Unicode.GetBytes(Pairs[i].Key, span[textAt..]);
            int valueLength = Encoding.Unicode.GetBytes(Pairs[i].Value, span[(textAt + keyLength)..]);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[KeyOffsetAt..], (uint)textAt);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[ValueOffsetAt..], (uint)(textAt + keyLength));
            BinaryPrimitives.WriteUInt16LittleEndian(entry[KeyLengthAt..], (ushort)keyLength);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[ValueLengthAt..], (ushort)valueLength);
            textAt += keyLength + valueLength;
        }

        return bytes;
    }

    private static int LengthOf(string text) => Encoding.Unicode.GetByteCount(text);

    /// <summary>A text of the item; null where it does not lie in it or is none. Some writers count a NUL at its end.</summary>
    private static string? Decode(ReadOnlySpan<byte> item, ReadOnlySpan<byte> entry, int offsetAt, int lengthAt)
    {
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[offsetAt..]);
        int length = BinaryPrimitives.ReadUInt16LittleEndian(entry[lengthAt..]);
        if (length == 0 || length % sizeof(char) != 0 || offset > (uint)item.Length || length > item.Length - (int)offset)
        {
            return null;
        }

        string text = Encoding.Unicode.GetString(item.Slice((int)offset, length)).TrimEnd('\0');
        return text.Length == 0 || text.Contains('\0', StringComparison.Ordinal) ? null : text;
    }

    private Guid? FindGuid(string key) => Guid.TryParse(Find(key), out Guid guid) ? guid : null;
}
