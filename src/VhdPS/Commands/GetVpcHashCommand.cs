using System.Management.Automation;
using System.Security.Cryptography;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Operations.Hash;

namespace VhdPS.Commands;

/// <summary>
/// Hashes virtual disks: the same for every container of one content, and the same as Get-FileHash of the raw disk.
/// </summary>
[Cmdlet(VerbsCommon.Get, "VpcHash", DefaultParameterSetName = LiteralPathSet)]
[OutputType(typeof(VpcHash), typeof(VpcBlockHash))]
public sealed class GetVpcHashCommand : VpcSourceCommandBase
{
    /// <summary>The algorithm.</summary>
    [Parameter(Position = 1)]
    [ValidateSet("SHA256", "SHA384", "SHA512", "SHA1", "MD5")]
    public string Algorithm { get; set; } = "SHA256";

    /// <summary>
    /// One hash for each block that is not all zeros in place of one for the disk: of two disks, the blocks whose hashes
    /// differ are those that an incremental upload must send, and the blocks that only the older has are zeros now.
    /// </summary>
    [Parameter]
    public SwitchParameter BlockManifest { get; set; }

    /// <summary>Bytes in a block of the manifest, whatever the blocks of the image: a multiple of 4096 up to 16 MiB.</summary>
    [Parameter]
    [Alias("BlockSizeBytes")]
    [ByteSize]
    [ArgumentCompleter(typeof(BlockSizeCompleter))]
    public int BlockSize { get; set; } = DiskHash.DefaultBlockSize;

    /// <summary>Takes every sector of an allocated block of a dynamic image as written, whatever its bitmap says.</summary>
    [Parameter]
    public SwitchParameter IgnoreBitmap { get; set; }

    /// <summary>Disks that are hashed at once; the hashes keep their order. Manifests are made one after the other.</summary>
    [Parameter]
    [ValidateRange(1, MaxFilesAtOnce)]
    public int ThrottleLimit { get; set; } = 1;

    /// <summary>The most bytes that are read from disks a second, all files together; 0 for as fast as can be.</summary>
    [Parameter]
    [ByteSize]
    [ValidateRange(0, long.MaxValue)]
    public long RateLimit { get; set; }

    /// <summary>Does the work in a thread job, which is emitted; location and preferences go along.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    private protected override bool IsJob => AsJob;

    /// <inheritdoc/>
    private protected override int FilesAtOnce => ThrottleLimit;

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        var algorithm = new HashAlgorithmName(Algorithm.ToUpperInvariant());
        if (BlockManifest)
        {
            HashBlocks(path, algorithm);
        }
        else if (TryRun(path, Options, HandOutAll, out VhdOpenOptions options))
        {
            Work(path, "Hashing", (progress, cancellation) => HashDisk(path, algorithm, options, progress, cancellation), Write);
        }
    }

    private readonly record struct HashedDisk(VpcHash Output, SourceFacts Source, IReadOnlyList<LostRange> LostRanges);

    private void Write(HashedDisk hashed)
    {
        ReportSource(hashed.Source);
        ReportLost(hashed.Output.Path, hashed.LostRanges);
        WriteObject(hashed.Output);
    }

    private HashedDisk HashDisk(
        string path, HashAlgorithmName algorithm, VhdOpenOptions options, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        using DiskSource source = Open(path, options, cancellation);
        byte[] hash = DiskHash.Compute(source, algorithm, progress, cancellation);
        return new HashedDisk(
            new VpcHash(path, algorithm.Name!, hash, source.SizeBytes), SourceFacts.Of(source), source.LostRanges);
    }

    /// <inheritdoc/>
    private protected override VhdOpenOptions Options() => base.Options() with
    {
        IgnoreBitmap = IgnoreBitmap,
        RateLimit = LimitTo(RateLimit),
    };

    /// <summary>One file after the other: a manifest may be larger than memory, and is written as it is made.</summary>
    private void HashBlocks(string path, HashAlgorithmName algorithm)
    {
        if (!TryRun(path, () => Open(path, Options(), Cancellation), out DiskSource source))
        {
            return;
        }

        using (source)
        {
            ReportSource(source);
            if (!TryRun(path, () => ManifestOrigin.Of(source, isPlain: !Force && !IgnoreBitmap), out ManifestOrigin origin))
            {
                return;
            }

            using CommandProgress progress = BeginProgress("Hashing", path);
            WriteAll(path, HashBlocks(source, algorithm, origin, progress));
            ReportLost(path, source.LostRanges);
        }
    }

    private IEnumerable<VpcBlockHash> HashBlocks(
        DiskSource source, HashAlgorithmName algorithm, ManifestOrigin origin, CommandProgress progress)
    {
        foreach (BlockHash block in DiskHash.ComputeBlocks(source, algorithm, BlockSize, progress, Cancellation))
        {
            yield return new VpcBlockHash(source.Path, algorithm.Name!, BlockSize, origin, block);
        }
    }
}
