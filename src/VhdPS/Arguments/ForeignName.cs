namespace VhdPS;

/// <summary>Names of formats that are not made here: a file of another format must not bear one.</summary>
internal static class ForeignName
{
    private static readonly string[] Extensions = [".qcow2", ".qcow", ".vmdk", ".vdi"];

    /// <summary>Refuses the name of a file that is to be made.</summary>
    /// <exception cref="ArgumentException">Its extension is another format's.</exception>
    public static void ThrowIf(string path)
    {
        string extension = Path.GetExtension(path);
        if (Extensions.Contains(extension, StringComparer.OrdinalIgnoreCase))
        {
            throw new ArgumentException(
                $"{path}: {extension} is the name of a format that is not made here: VHD, VHDX and raw disks are, and "
                    + "qemu-img makes the others from these.");
        }
    }
}
