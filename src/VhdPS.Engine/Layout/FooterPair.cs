using System.Buffers;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using static System.FormattableString;

namespace VhdPS.Engine.Layout;

/// <summary>A footer and where the file holds it.</summary>
/// <param name="Footer">The decoded bytes.</param>
/// <param name="FileOffset">Bytes from the start of the file.</param>
internal sealed record StoredFooter(HardDiskFooter Footer, long FileOffset);

/// <summary>What a file holds at its two ends: the footer, and the copy that dynamic and differencing images have.</summary>
internal sealed class FooterPair
{
    /// <summary>How far back from the end a footer is looked for, in bytes.</summary>
    public const int SearchDistance = 1024 * 1024 + VhdSpec.FooterSize;

    /// <summary>How far back from the end a footer is looked for through zeros alone, in bytes: what a growth adds in one step.</summary>
    internal const int ZeroSearchDistance = 64 * 1024 * 1024;

    private const string VhdxImage = "a VHDX image";

    private FooterPair(string path, long fileLength, StoredFooter? end, StoredFooter? front, string? otherFormat)
    {
        Path = path;
        FileLength = fileLength;
        End = end;
        Front = front;
        OtherFormat = otherFormat;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Length of the file in bytes.</summary>
    public long FileLength { get; }

    /// <summary>What bears the footer's cookie at or near the end, sound or not.</summary>
    public StoredFooter? End { get; }

    /// <summary>What bears the footer's cookie at offset 0. In a fixed image that is the guest's data and means nothing.</summary>
    public StoredFooter? Front { get; }

    /// <summary>Bytes after the footer at the end.</summary>
    public long TrailingBytes => End is null ? 0 : FileLength - End.FileOffset - End.Footer.StoredLength;

    /// <summary>Whether the copy is valid, and is the image's own and not data of a guest.</summary>
    internal bool IsFrontUsable => IsFrontSound;

    private string? OtherFormat { get; }

    private bool IsEndSound => End is { Footer: { HasCookie: true, IsChecksumValid: true } };

    private bool IsFrontSound =>
        Front is { Footer: { HasCookie: true, IsChecksumValid: true, DiskType: not VhdType.Fixed } } && !IsFrontGuestData;

    /// <summary>Whether offset 0 belongs to the guest, who must not be able to take the place of a damaged footer.</summary>
    private bool IsFrontGuestData => End is { Footer.DiskType: VhdType.Fixed }
        && (IsEndSound || Front?.Footer.UniqueId != End.Footer.UniqueId);

    /// <summary>Reads both ends of a file.</summary>
    /// <exception cref="VhdFormatException">The file is too small to hold a footer.</exception>
    public static FooterPair Read(ImageFile file)
    {
        long length = file.Length;
        if (length < VhdSpec.LegacyFooterSize)
        {
            throw new VhdFormatException(file.Path, new Finding(
                FaultCode.FileTooSmall,
                VhdStructure.File,
                null,
                "at least 511 bytes",
                Invariant($"{length}"),
                "The file is too small to be a VHD image."));
        }

        Span<byte> head = stackalloc byte[VhdSpec.FooterSize];
        int headLength = file.ReadAt(0, head);
        if (FormatProbe.Of(file, head[..headLength]) == VhdFormat.Vhdx)
        {
            return new FooterPair(file.Path, length, null, null, VhdxImage);
        }

        head[headLength..].Clear();
        StoredFooter? front = headLength == head.Length && IsCookie(head)
            ? new StoredFooter(HardDiskFooter.Parse(head), 0)
            : null;
        StoredFooter? end = FindEnd(file, length, front);
        if (end is { FileOffset: 0 } && end.Footer.DiskType != VhdType.Fixed)
        {
            // All that is left of a dynamic image is its first sector.
            end = null;
        }

        return new FooterPair(file.Path, length, end, front, front is null && end is null ? SniffOther(head, file.Path) : null);
    }

    /// <summary>The same pair where what looks like the footer at the end is none.</summary>
    internal FooterPair WithoutEnd() => new(Path, FileLength, null, Front, OtherFormat) { IsEndInBlock = true };

    /// <summary>Whether what looks like the footer at the end lies in a block of the table, and so is the guest's data.</summary>
    internal bool IsEndInBlock { get; private init; }

    /// <summary>The authoritative footer, and what the pair's state says about the file.</summary>
    /// <param name="findings">Receives the findings, the refusing one included.</param>
    /// <param name="force">Take a footer whose checksum is wrong where no other is left.</param>
    /// <returns>Null where nothing can be used.</returns>
    public StoredFooter? Choose(ICollection<Finding> findings, bool force = false)
    {
        StoredFooter? poisoned = End is { Footer.IsPoisoned: true } ? End
            : Front is { Footer.IsPoisoned: true } && !IsFrontGuestData ? Front
            : null;
        if (poisoned is not null)
        {
            findings.Add(new Finding(
                FaultCode.FooterPoisoned,
                poisoned.FileOffset == 0 ? VhdStructure.FooterCopy : VhdStructure.Footer,
                poisoned.FileOffset,
                "conectix",
                poisoned.Footer.Cookie,
                "The image was poisoned by Xen."));
            return null;
        }

        if (IsEndSound)
        {
            ReportTrailing(findings);
            if (End!.Footer.DiskType != VhdType.Fixed)
            {
                ReportFront(findings);
            }

            return End;
        }

        if (IsFrontSound)
        {
            ReportTrailing(findings);
            ReportEnd(findings);
            return Front;
        }

        return ChooseDamaged(findings, force);
    }

    private static bool IsCookie(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith(VhdSpec.FooterCookie) || bytes.StartsWith(VhdSpec.PoisonCookie);

    private static StoredFooter? FindEnd(ImageFile file, long length, StoredFooter? front)
    {
        Span<byte> tail = stackalloc byte[VhdSpec.FooterSize];
        if (length >= VhdSpec.FooterSize)
        {
            int count = file.ReadAt(length - VhdSpec.FooterSize, tail);
            if (count == tail.Length && IsCookie(tail))
            {
                return new StoredFooter(HardDiskFooter.Parse(tail), length - VhdSpec.FooterSize);
            }
        }

        Span<byte> legacy = tail[..VhdSpec.LegacyFooterSize];
        int legacyCount = file.ReadAt(length - VhdSpec.LegacyFooterSize, legacy);
        if (legacyCount == legacy.Length && IsCookie(legacy))
        {
            return new StoredFooter(HardDiskFooter.Parse(legacy), length - VhdSpec.LegacyFooterSize);
        }

        return SearchBack(file, length, front) ?? SearchBeforeHole(file, length) ?? SearchBeforeZeros(file, length);
    }

    /// <summary>
    /// Looks where a file's data ends when a long hole follows: there the footer of a fixed image lies whose growth was cut
    /// off after the file had got its new length and before the footer at its end was there.
    /// </summary>
    private static StoredFooter? SearchBeforeHole(ImageFile file, long length)
    {
        if (length <= SearchDistance || file.TryFindData(length - SearchDistance, out _, out _))
        {
            return null;
        }

        long data = 0, hole = length - SearchDistance;
        while (hole - data > VhdSpec.SectorSize)
        {
            long middle = data + ((hole - data) / 2);
            if (file.TryFindData(middle, out _, out _))
            {
                data = middle;
            }
            else
            {
                hole = middle;
            }
        }

        return SearchBack(file, VhdSpec.RoundUp(hole, VhdSpec.SectorSize), front: null);
    }

    /// <summary>
    /// The same where the file system reports no holes (NTFS for a file that is not sparse, FAT, networks): the zeros that the
    /// growth left are read, from the end back, as far as one step of a growth goes.
    /// </summary>
    private static StoredFooter? SearchBeforeZeros(ImageFile file, long length)
    {
        long least = Math.Max(0, length - ZeroSearchDistance - VhdSpec.FooterSize);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(SearchDistance);
        try
        {
            for (long end = length; end > least;)
            {
                long from = Math.Max(least, end - SearchDistance);
                Span<byte> chunk = buffer.AsSpan(0, (int)(end - from));
                chunk = chunk[..file.ReadAt(from, chunk)];
                int last = chunk.LastIndexOfAnyExcept((byte)0);
                if (last >= 0)
                {
                    // The end of a footer is reserved bytes, zeros as well: its sector is the one with the last other byte.
                    long sectorEnd = VhdSpec.RoundUp(from + last + 1, VhdSpec.SectorSize);
                    return sectorEnd >= length ? null : SearchBack(file, sectorEnd, front: null);
                }

                end = from;
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Looks for a footer before padding. Only proof counts, for a guest's data may hold a whole image: a right checksum,
    /// and for a fixed disk a size that ends where the footer begins, for the others the front copy's unique id.
    /// </summary>
    private static StoredFooter? SearchBack(ImageFile file, long length, StoredFooter? front)
    {
        long from = Math.Max(0, length - SearchDistance);
        from -= from % VhdSpec.SectorSize;
        byte[] rented = ArrayPool<byte>.Shared.Rent((int)(length - from));
        try
        {
            Span<byte> tail = rented.AsSpan(0, (int)(length - from));
            tail = tail[..file.ReadAt(from, tail)];
            int last = tail.Length - VhdSpec.FooterSize;
            for (int at = last < 0 ? -1 : last - (last % VhdSpec.SectorSize); at >= 0; at -= VhdSpec.SectorSize)
            {
                Span<byte> candidate = tail.Slice(at, VhdSpec.FooterSize);
                if (!candidate.StartsWith(VhdSpec.FooterCookie))
                {
                    continue;
                }

                var footer = HardDiskFooter.Parse(candidate);
                bool isProven = footer.IsChecksumValid && from + at > 0 && (footer.DiskType == VhdType.Fixed
                    ? footer.CurrentSize == (ulong)(from + at)
                    : front is not null && footer.UniqueId == front.Footer.UniqueId);
                if (isProven)
                {
                    return new StoredFooter(footer, from + at);
                }
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static string? SniffOther(ReadOnlySpan<byte> head, string path)
    {
        string? byContent = head switch
        {
            _ when head.StartsWith((ReadOnlySpan<byte>)[0x51, 0x46, 0x49, 0xFB]) => "a QCOW2 image",
            _ when head.StartsWith("KDMV"u8) || head.StartsWith("# Disk DescriptorFile"u8) => "a VMDK image",
            _ when head.StartsWith("<<< "u8) && head[0x40..0x44].SequenceEqual((ReadOnlySpan<byte>)[0x7F, 0x10, 0xDA, 0xBE]) =>
                "a VDI image",
            _ when head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) => "gzip data",
            _ when head.StartsWith("BZh"u8) => "bzip2 data",
            _ when head.StartsWith((ReadOnlySpan<byte>)[0xFD, 0x37, 0x7A, 0x58, 0x5A]) => "xz data",
            _ when head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) => "zstd data",
            _ when head.StartsWith("PK\x03\x04"u8) => "a zip archive",
            _ when head.StartsWith((ReadOnlySpan<byte>)[0x37, 0x7A, 0xBC, 0xAF]) => "a 7z archive",
            _ => null,
        };
        if (byContent is not null)
        {
            return byContent;
        }

        string extension = System.IO.Path.GetExtension(path);
        bool isPiece = extension.Length == 4 && extension[1] is 'v' or 'V' && char.IsAsciiDigit(extension[2])
            && char.IsAsciiDigit(extension[3]);
        return isPiece ? "a piece of a split image, which must be joined first" : null;
    }

    private StoredFooter? ChooseDamaged(ICollection<Finding> findings, bool force)
    {
        StoredFooter? best = End ?? Front;
        if (best is null)
        {
            findings.Add(OtherFormat == VhdxImage ? FormatProbe.IsVhdx : new Finding(
                FaultCode.NotVhd,
                VhdStructure.Footer,
                Math.Max(0, FileLength - VhdSpec.FooterSize),
                "the cookie conectix at either end",
                OtherFormat ?? "none",
                OtherFormat is null ? "The file is not a VHD image." : $"The file is not a VHD image but {OtherFormat}."));
            return null;
        }

        foreach (StoredFooter stored in new[] { End, IsFrontGuestData ? null : Front }.OfType<StoredFooter>().Where(
            stored => !stored.Footer.IsChecksumValid))
        {
            findings.Add(ChecksumFinding(stored) with
            {
                Severity = Severity.Error,
                Effect = force ? FaultEffect.ReadOnly : FaultEffect.UnreadableUnlessForced,
                IsRepairable = false,
            });
        }

        if (End is null && best.Footer.IsChecksumValid)
        {
            // A sound front copy of a fixed type: data of a guest, with no footer after it.
            findings.Add(new Finding(
                FaultCode.NotVhd,
                VhdStructure.Footer,
                Math.Max(0, FileLength - VhdSpec.FooterSize),
                "a footer at the end",
                "none",
                "A fixed image has its footer at the end."));
            return null;
        }

        return force ? best : null;
    }

    private void ReportTrailing(ICollection<Finding> findings)
    {
        if (TrailingBytes > 0)
        {
            findings.Add(new Finding(
                FaultCode.TrailingBytes,
                VhdStructure.File,
                FileLength - TrailingBytes,
                "the end of the file",
                Invariant($"{TrailingBytes} bytes"),
                "Bytes lie after the footer."));
        }
    }

    private void ReportFront(ICollection<Finding> findings)
    {
        if (Front is null)
        {
            findings.Add(new Finding(
                FaultCode.FooterCopyMissing, VhdStructure.FooterCopy, 0, "conectix", "no cookie", "The copy of the footer is missing."));
        }
        else if (!Front.Footer.IsChecksumValid)
        {
            findings.Add(ChecksumFinding(Front));
        }
        else if (!Front.Footer.Bytes[..End!.Footer.StoredLength].SequenceEqual(End.Footer.Bytes[..End.Footer.StoredLength]))
        {
            findings.Add(DifferenceFinding());
        }
    }

    private void ReportEnd(ICollection<Finding> findings)
    {
        if (End is null)
        {
            findings.Add(new Finding(
                FaultCode.FooterMissing,
                VhdStructure.Footer,
                FileLength - VhdSpec.FooterSize,
                "conectix",
                "no cookie",
                "The footer at the end is missing; the copy at the front is valid."));
        }
        else if (End.Footer.Checksum == 0)
        {
            findings.Add(new Finding(
                FaultCode.FooterChecksumZero,
                VhdStructure.Footer,
                End.FileOffset,
                Hex(End.Footer.ComputedChecksum),
                Hex(0),
                "The footer has no checksum; the copy at the front is valid."));
        }
        else
        {
            findings.Add(ChecksumFinding(End));
        }
    }

    private Finding ChecksumFinding(StoredFooter stored)
    {
        bool isCopy = ReferenceEquals(stored, Front);
        return new Finding(
            FaultCode.FooterChecksumMismatch,
            isCopy ? VhdStructure.FooterCopy : VhdStructure.Footer,
            stored.FileOffset,
            Hex(stored.Footer.ComputedChecksum),
            Hex(stored.Footer.Checksum),
            isCopy ? "The checksum of the footer copy is not valid." : "The checksum of the footer is not valid.");
    }

    private Finding DifferenceFinding()
    {
        HardDiskFooter front = Front!.Footer, end = End!.Footer;
        int at = front.Bytes.CommonPrefixLength(end.Bytes);
        if (at is >= HardDiskFooter.ChecksumAt and < HardDiskFooter.UniqueIdAt)
        {
            // The checksum differs because of what comes after it.
            at = HardDiskFooter.UniqueIdAt
                + front.Bytes[HardDiskFooter.UniqueIdAt..].CommonPrefixLength(end.Bytes[HardDiskFooter.UniqueIdAt..]);
        }

        bool isGrave = front.DiskTypeValue != end.DiskTypeValue || front.DataOffset != end.DataOffset
            || VirtualSize.Of(front).SizeBytes != VirtualSize.Of(end).SizeBytes;
        return new Finding(
            FaultCode.FootersDiffer,
            VhdStructure.FooterCopy,
            at,
            Invariant($"byte 0x{end.Bytes[at]:X2} as in the footer"),
            Invariant($"0x{front.Bytes[at]:X2}"),
            "The copy of the footer differs from the footer at the end, which holds.")
        {
            Effect = isGrave ? FaultEffect.ReadOnly : FaultEffect.None,
        };
    }

    private static string Hex(uint value) => Invariant($"0x{value:X8}");
}
